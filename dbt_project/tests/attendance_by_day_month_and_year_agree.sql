-- What: the days absent and unknown of fct_attendance_day are those of agg_student_year_attendance,
--   for each student, school and year; the months of agg_school_month_attendance add up to the
--   school's year, in days enrolled, observed and absent.
-- When it matters: presence has no row in fct_attendance_day, so a day that is lost there reads
--   as presence.
-- How to resolve: compare one student's rows in both; int_absence_counted and
--   int_calendar_day_counted say which days count. Of months, look at the cuts of the spells.
with day as (
    select
        student_key,
        school_id,
        school_year,
        coalesce(sum(absent_fraction), 0) as days_absent,
        count(*) filter (where attendance_status = 'unknown') as days_unknown
    from {{ ref("fct_attendance_day") }}
    group by student_key, school_id, school_year
),

month as (
    select
        school_id,
        school_year,
        sum(days_enrolled) as days_enrolled,
        sum(days_observed) as days_observed,
        sum(days_absent) as days_absent
    from {{ ref("agg_school_month_attendance") }}
    group by school_id, school_year
),

school as (
    select
        school_id,
        school_year,
        sum(days_enrolled) as days_enrolled,
        sum(days_observed) as days_observed,
        sum(days_absent) as days_absent
    from {{ ref("agg_student_year_attendance") }}
    group by school_id, school_year
    having sum(days_enrolled) > 0
)

select 'days of a student' as differs, school_id, school_year
from day
full join {{ ref("agg_student_year_attendance") }} as year
    using (student_key, school_id, school_year)
where
    coalesce(day.days_absent, 0) is distinct from year.days_absent
    or coalesce(day.days_unknown, 0) is distinct from year.days_unknown
union all
select 'months of a school' as differs, school_id, school_year
from month
full join school using (school_id, school_year)
where
    (month.days_enrolled, month.days_observed, month.days_absent)
    is distinct from (school.days_enrolled, school.days_observed, school.days_absent)
