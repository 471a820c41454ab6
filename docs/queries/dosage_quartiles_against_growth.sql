-- Did schools that had more coaching before the spring tests grow more?
-- Asked by: evaluators, before any model.
-- Read: quarters of schools by the visits of the year before their first spring test (a dosage measured after an
--   outcome explains nothing), with growth from fall to spring. Schools were not given to quarters by chance: no effect
--   follows.
-- Columns: school_year, quarter, schools, fewest_visits, most_visits, growth_reading, growth_math
with school as (
    select
        school_id,
        school_year,
        delivered_in_year as visits,
        ntile(4) over (partition by school_year order by delivered_in_year, school_id) as quarter
    from marts.agg_school_year_dosage
    where support = 'coaching'
)

select
    school.school_year,
    school.quarter,
    count(distinct school.school_id) as schools,
    min(school.visits) as fewest_visits,
    max(school.visits) as most_visits,
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
        and outcome.subgroup_dimension = 'all'
group by school.school_year, school.quarter
order by school.school_year, school.quarter;
