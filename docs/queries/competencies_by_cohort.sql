-- What do students say of the four competencies that the programme names, by year and cohort, and how many answered?
-- Asked by: the programme office and evaluators.
-- Read: the survey is given each spring; scores run from 1 to 5. Compare years of one cohort, and look at
--   `answered_percent` of the members of grades 6 to 12 first: who answers changes what is said.
-- Columns: cohort, school_year, competency, students, answered_percent, score
with outcome as (
    select
        coalesce(membership.cohort, 'none') as cohort,
        outcome.school_year,
        outcome.outcome,
        sum(outcome.n_students) as students,
        sum(outcome.numerator) / sum(outcome.denominator) as mean
    from marts.agg_school_year_outcome as outcome
    left join marts.agg_school_year_membership as membership
        on outcome.school_id = membership.school_id and outcome.school_year = membership.school_year
    where
        outcome.grade_band in ('6-8', '9-12')
        and outcome.subgroup_dimension = 'all'
        and (outcome.outcome = 'attendance_rate' or outcome.outcome like 'survey_%')
    group by membership.cohort, outcome.school_year, outcome.outcome
)

select
    answered.cohort,
    answered.school_year,
    substring(answered.outcome from 'survey_(.*)') as competency,
    answered.students,
    round(100.0 * answered.students / members.students, 1) as answered_percent,
    round(answered.mean, 2) as score
from outcome as answered
inner join outcome as members
    on
        answered.cohort = members.cohort
        and answered.school_year = members.school_year
        and members.outcome = 'attendance_rate'
where answered.outcome like 'survey_%'
order by answered.cohort, competency, answered.school_year;
