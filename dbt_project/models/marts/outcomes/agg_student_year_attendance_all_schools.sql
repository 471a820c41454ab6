-- In the order of school years, so that readers of one year find its rows side by side.
{{ config(indexes=[{"columns": ["school_year"]}]) }}

with by_school as (
    select
        *,
        count(*) over (partition by student_key, school_year) as schools
    from {{ ref("int_student_school_days_counted") }}
),

mover as (
    select
        student_key,
        school_year,
        max(schools) as schools
    from by_school
    where schools > 1
    group by student_key, school_year
),

days as (
    {{ count_days(ref("int_membership_merged_all_schools"), ["student_key"]) }}
),

-- Days of which no school of the student sent anything, while the district's attendance is known.
gap as (
    select
        mover.student_key,
        mover.school_year,
        school_gap.calendar_date,
        count(*) as schools
    from mover
    inner join {{ ref("int_membership_merged") }} as membership
        on mover.student_key = membership.student_key and mover.school_year = membership.school_year
    inner join {{ ref("int_school_gap") }} as school_gap
        on
            membership.school_id = school_gap.school_id
            and {{ spell_covers("school_gap.calendar_date", "membership.first_day", "membership.end_day") }}
    group by mover.student_key, mover.school_year, school_gap.calendar_date
),

unseen as (
    select
        student_key,
        school_year,
        count(*) as days
    from (
        select
            gap.student_key,
            gap.school_year,
            gap.calendar_date
        from gap
        inner join {{ ref("int_membership_merged") }} as membership
            on
                gap.student_key = membership.student_key
                and gap.school_year = membership.school_year
                and {{ spell_covers("gap.calendar_date", "membership.first_day", "membership.end_day") }}
        group by gap.student_key, gap.school_year, gap.calendar_date, gap.schools
        having count(*) = gap.schools
    ) as day
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
    select student_key, school_year, schools, days_enrolled, days_observed, days_absent, days_absent_unexcused
    from by_school
    where schools = 1
    union all
    select
        mover.student_key,
        mover.school_year,
        mover.schools,
        days.days_enrolled,
        (days.days_observed - coalesce(unseen.days, 0))::integer as days_observed,
        coalesce(absent.days_absent, 0) as days_absent,
        coalesce(absent.days_absent_unexcused, 0) as days_absent_unexcused
    from mover
    inner join days on mover.student_key = days.student_key and mover.school_year = days.school_year
    left join unseen on mover.student_key = unseen.student_key and mover.school_year = unseen.school_year
    left join absent on mover.student_key = absent.student_key and mover.school_year = absent.school_year
)

select
    student_key,
    school_year,
    schools::integer as schools,
    days_enrolled,
    days_observed,
    days_enrolled - days_observed as days_unknown,
    days_absent::numeric(6, 2) as days_absent,
    days_absent_unexcused::numeric(6, 2) as days_absent_unexcused,
    {{ attendance_rate("days_absent", "days_observed") }} as attendance_rate,
    {{ is_chronically_absent("days_absent", "days_observed") }} as is_chronically_absent
from counted
order by school_year
