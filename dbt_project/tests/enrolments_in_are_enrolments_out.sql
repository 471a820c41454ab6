-- What: fct_enrollment has every enrolment of the source, and the attendance mart has the days of
--   exactly those that count and that the calendar gives a day.
-- When it matters: no-shows and early exits are out of the counts but must stay to be audited;
--   a spell outside the calendar would vanish from attendance without a trace.
-- How to resolve: if the first two differ, look at the joins of int_enrollment_classified. If the
--   last differs, an enrolment's dates lie outside the calendar that was sent: see sis.calendar.
with source as (
    select count(*) as enrolments from {{ ref("stg_sis__enrollments") }}
),

mart as (
    select count(*) as enrolments from {{ ref("fct_enrollment") }}
),

membership as (
    select count(*) as memberships
    from (
        select distinct student_key, school_id, school_year from {{ ref("fct_enrollment") }}
        where is_counted
    ) as counted
),

attendance as (
    select count(*) as memberships from {{ ref("agg_student_year_attendance") }}
)

select *
from source
cross join mart
cross join membership
cross join attendance
where source.enrolments <> mart.enrolments or membership.memberships <> attendance.memberships
