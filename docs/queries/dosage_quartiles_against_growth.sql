-- Did schools that received more of what was due in the first term grow more by spring?
-- Asked by: evaluators, before any model.
-- Read: quarters of schools by fidelity of the term that was over before the spring tests (a dosage measured after an
--   outcome explains nothing), with growth from fall to spring. Schools chose neither: no effect follows.
-- Columns: school_year, quarter, schools, least_fidelity, greatest_fidelity, growth_reading, growth_math
with school as (
    select
        fidelity.school_id,
        fidelity.school_year,
        fidelity.fidelity,
        ntile(4) over (partition by fidelity.school_year order by fidelity.fidelity, fidelity.school_id) as quarter
    from marts.agg_school_term_fidelity as fidelity
    where fidelity.term = 'S1' and fidelity.is_term_over and fidelity.fidelity is not null
)

select
    school.school_year,
    school.quarter,
    count(distinct school.school_id) as schools,
    min(school.fidelity) as least_fidelity,
    max(school.fidelity) as greatest_fidelity,
    round(
        sum(outcome.numerator) filter (where outcome.outcome = 'map_growth_fall_to_spring_reading')
        / sum(outcome.denominator) filter (where outcome.outcome = 'map_growth_fall_to_spring_reading'), 2
    ) as growth_reading,
    round(
        sum(outcome.numerator) filter (where outcome.outcome = 'map_growth_fall_to_spring_math')
        / sum(outcome.denominator) filter (where outcome.outcome = 'map_growth_fall_to_spring_math'), 2
    ) as growth_math
from school
left join marts.agg_school_year_outcome as outcome
    on
        school.school_id = outcome.school_id
        and school.school_year = outcome.school_year
        and outcome.grade_band = 'all'
        and outcome.subgroup = 'all'
group by school.school_year, school.quarter
order by school.school_year, school.quarter;
