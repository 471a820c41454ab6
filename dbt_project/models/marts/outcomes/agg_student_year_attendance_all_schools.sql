with days as (
    {{ count_days(ref("int_membership_merged_all_schools"), ["student_key"]) }}
),

schools as (
    select
        student_key,
        school_year,
        count(distinct school_id)::integer as schools
    from {{ ref("int_membership_merged") }}
    group by student_key, school_year
),

absent as (
    select
        student_key,
        school_year,
        sum(day_fraction) as days_absent,
        sum(day_fraction) filter (where is_unexcused) as days_absent_unexcused
    from {{ ref("int_absence_counted_all_schools") }}
    group by student_key, school_year
),

counted as (
    select
        days.student_key,
        days.school_year,
        schools.schools,
        days.days_enrolled,
        days.days_observed,
        coalesce(absent.days_absent, 0)::numeric(6, 2) as days_absent,
        coalesce(absent.days_absent_unexcused, 0)::numeric(6, 2) as days_absent_unexcused
    from days
    inner join schools on days.student_key = schools.student_key and days.school_year = schools.school_year
    left join absent on days.student_key = absent.student_key and days.school_year = absent.school_year
)

select
    student_key,
    school_year,
    schools,
    days_enrolled,
    days_observed,
    days_enrolled - days_observed as days_unknown,
    days_absent,
    days_absent_unexcused,
    {{ attendance_rate("days_absent", "days_observed") }} as attendance_rate,
    {{ is_chronically_absent("days_absent", "days_observed") }} as is_chronically_absent
from counted
