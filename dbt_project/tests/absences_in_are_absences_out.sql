-- What: every absence that the source reports is either counted or carries the reason why not,
--   once, and the days absent in the mart are the sum of the counted ones.
-- When it matters: a join that drops or doubles absences changes every attendance figure
--   without making any of them look odd.
-- How to resolve: compare int_absence_reported, int_absence_counted and
--   int_student_school_days_counted by school year; the first that differs has the join to mend.
with reported as (
    select
        count(*) as absences,
        coalesce(sum(day_fraction), 0) as days
    from {{ ref("int_absence_reported") }}
),

judged as (
    select
        count(*) as absences,
        coalesce(sum(day_fraction), 0) as days,
        coalesce(sum(day_fraction) filter (where exclusion_reason is null), 0) as days_counted
    from {{ ref("int_absence_counted") }}
),

mart as (
    select coalesce(sum(days_absent), 0) as days
    from {{ ref("agg_student_year_attendance") }}
)

select *
from reported
cross join judged
cross join mart
where
    reported.absences <> judged.absences
    or reported.days <> judged.days
    or judged.days_counted <> mart.days
