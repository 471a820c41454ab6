-- How many students moved between schools of different arms, or out of the study's schools?
-- Asked by: evaluators, for the threat of contamination.
-- Read: students of a school year after the draw who were members of two or more schools of the study in it. A move
--   between arms gives a student some of both.
-- Columns: school_year, students_of_study_schools, at_two_study_schools, at_both_arms, share_at_both_arms
with school as materialized (
    select
        drawn.school_id,
        drawn.arm,
        school_year.school_year
    from marts.fct_study_assignment as drawn
    inner join marts.dim_school_year as school_year on drawn.randomized_on < school_year.last_date
    where drawn.is_current_version
),

student as (
    select
        school.school_year,
        enrolment.student_key,
        count(distinct school.school_id) as schools,
        count(distinct school.arm) as arms
    from school
    inner join marts.fct_enrollment as enrolment using (school_id, school_year)
    where enrolment.is_counted
    group by school.school_year, enrolment.student_key
)

select
    school_year,
    count(*) as students_of_study_schools,
    count(*) filter (where schools > 1) as at_two_study_schools,
    count(*) filter (where arms > 1) as at_both_arms,
    round(avg((arms > 1)::integer), 4) as share_at_both_arms
from student
group by school_year
order by school_year;
