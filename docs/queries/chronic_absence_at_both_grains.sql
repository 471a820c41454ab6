-- How many students are chronically absent, by cohort and years since its launch, at both grains?
-- Asked by: analysts and the state's reports.
-- Read: at a school, a student of two schools is judged at each; across schools, by all days together, and counts once
--   in each cohort whose schools the student attended. The second finds students whom the first misses. Years below 0
--   are before the launch.
-- Columns: cohort, years_since_launch, school_year, students_at_a_school, share_at_a_school, students_across_schools,
--          share_across_schools
with student as (
    select
        membership.cohort,
        membership.years_since_launch,
        membership.school_year,
        attendance.student_key,
        count(attendance.is_chronically_absent) as schools,
        count(*) filter (where attendance.is_chronically_absent) as schools_absent,
        bool_or(attendance.is_chronically_absent_all_schools) as is_absent_across_schools
    from marts.agg_student_year_attendance as attendance
    inner join marts.agg_school_year_membership as membership using (school_id, school_year)
    where attendance.grade_band <> 'PK'
    group by membership.cohort, membership.years_since_launch, membership.school_year, attendance.student_key
)

select
    cohort,
    years_since_launch,
    school_year,
    sum(schools) as students_at_a_school,
    round(sum(schools_absent) / nullif(sum(schools), 0), 4) as share_at_a_school,
    count(is_absent_across_schools) as students_across_schools,
    round(avg(is_absent_across_schools::integer), 4) as share_across_schools
from student
group by cohort, years_since_launch, school_year
order by cohort, years_since_launch;
