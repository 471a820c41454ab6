-- What do students say of the four competencies that the programme names, by wave and cohort, and how many
--   answered?
-- Asked by: the programme office and evaluators.
-- Read: scores run from 1 to 5. Compare waves of one cohort, and look at `answered_percent` of grades 6 to 12
--   first: who answers changes what is said.
-- Columns: cohort, wave, competency, students, answered_percent, score
with asked as (
    select
        coalesce(membership.cohort, 'none') as cohort,
        enrollment.school_year,
        count(distinct enrollment.student_key) as students
    from marts.fct_enrollment as enrollment
    left join marts.fct_cohort_membership as membership
        on enrollment.school_id = membership.school_id and membership.is_current
    where enrollment.is_counted and enrollment.grade_band in ('6-8', '9-12')
    group by membership.cohort, enrollment.school_year
),

answered as (
    select
        coalesce(membership.cohort, 'none') as cohort,
        response.school_year,
        response.wave,
        response.competency,
        count(distinct response.student_key) as students,
        avg(response.score) as score
    from marts.fct_survey_response as response
    left join marts.fct_cohort_membership as membership
        on response.school_id = membership.school_id and membership.is_current
    where response.score is not null
    group by membership.cohort, response.school_year, response.wave, response.competency
)

select
    answered.cohort,
    answered.wave,
    answered.competency,
    answered.students,
    round(100.0 * answered.students / asked.students, 1) as answered_percent,
    round(answered.score, 2) as score
from answered
inner join asked on answered.cohort = asked.cohort and answered.school_year = asked.school_year
order by answered.cohort, answered.competency, answered.school_year;
