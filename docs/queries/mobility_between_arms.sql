-- How many students moved between schools of different arms, or out of the study's schools?
-- Asked by: evaluators, for the threat of contamination.
-- Read: students of a school year after the draw who were members of two or more schools of the study in it. A move
--   between arms gives a student some of both.
-- Columns: school_year, students_of_study_schools, at_two_study_schools, at_both_arms, share_at_both_arms
with membership as (
    select distinct
        enrolment.student_key,
        enrolment.school_year,
        enrolment.school_id,
        drawn.arm
    from marts.fct_enrollment as enrolment
    inner join marts.fct_study_assignment as drawn on enrolment.school_id = drawn.school_id and drawn.is_current_version
    inner join marts.dim_school_year as school_year on enrolment.school_year = school_year.school_year
    where enrolment.is_counted and school_year.last_date > drawn.randomized_on
),

student as (
    select
        student_key,
        school_year,
        count(*) as schools,
        count(distinct arm) as arms
    from membership
    group by student_key, school_year
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
