-- How many students are chronically absent, by cohort and years since its launch, at both grains?
-- Asked by: analysts and the state's reports.
-- Read: at a school, a student of two schools is judged at each; across schools, by all days together, and counts once
--   in each cohort whose schools the student attended. The second finds students whom the first misses. Years below 0
--   are before the launch.
-- Columns: cohort, years_since_launch, school_year, students_at_a_school, share_at_a_school, students_across_schools,
--          share_across_schools
with at_a_school as (
    select
        membership.cohort,
        membership.years_since_launch,
        membership.school_year,
        count(attendance.is_chronically_absent) as students,
        avg(attendance.is_chronically_absent::integer) as share
    from marts.agg_student_year_attendance as attendance
    inner join marts.agg_school_year_membership as membership using (school_id, school_year)
    where attendance.grade_band <> 'PK'
    group by membership.cohort, membership.years_since_launch, membership.school_year
),

across_schools as (
    select
        belongs.cohort,
        belongs.school_year,
        count(attendance.is_chronically_absent) as students,
        avg(attendance.is_chronically_absent::integer) as share
    from (
        select distinct
            membership.cohort,
            days.student_key,
            days.school_year
        from marts.agg_student_year_attendance as days
        inner join marts.agg_school_year_membership as membership using (school_id, school_year)
        where days.grade_band <> 'PK'
    ) as belongs
    inner join marts.agg_student_year_attendance_all_schools as attendance using (student_key, school_year)
    group by belongs.cohort, belongs.school_year
)

select
    at_a_school.cohort,
    at_a_school.years_since_launch,
    at_a_school.school_year,
    at_a_school.students as students_at_a_school,
    round(at_a_school.share, 4) as share_at_a_school,
    across_schools.students as students_across_schools,
    round(across_schools.share, 4) as share_across_schools
from at_a_school
inner join across_schools using (cohort, school_year)
order by at_a_school.cohort, at_a_school.years_since_launch;
