-- Did schools that had more coaching before the spring tests grow more?
-- Asked by: evaluators, before any model.
-- Read: quarter 0 are the tested schools without a visit on record in the year before their first spring test, in years
--   in which coaches came to any; 1 to 4 are quarters, by visits, of those that had one (a dosage measured after an
--   outcome explains nothing). Of unknown_visits there is no log, so these schools may belong further up. Growth is from
--   fall to spring. Schools were not given to quarters by chance: no effect follows.
-- Columns: school_year, quarter, schools, fewest_visits, most_visits, unknown_visits, growth_reading, growth_math
with tested as (
    select
        outcome.school_id,
        outcome.school_year,
        coalesce(dosage.delivered_in_year, 0) as visits,
        sum(outcome.numerator) filter (where outcome.outcome like '%_reading') as reading,
        sum(outcome.denominator) filter (where outcome.outcome like '%_reading') as reading_students,
        sum(outcome.numerator) filter (where outcome.outcome like '%_math') as math,
        sum(outcome.denominator) filter (where outcome.outcome like '%_math') as math_students
    from marts.agg_school_year_outcome as outcome
    left join marts.agg_school_year_dosage as dosage
        on
            outcome.school_id = dosage.school_id
            and outcome.school_year = dosage.school_year
            and dosage.support = 'coaching'
    where
        outcome.outcome in ('map_growth_fall_to_spring_reading', 'map_growth_fall_to_spring_math')
        and outcome.grade_band = 'all'
        and outcome.subgroup_dimension = 'all'
        and outcome.school_year in (
            select coached.school_year
            from marts.agg_school_year_dosage as coached
            where coached.support = 'coaching' and coached.delivered_in_year > 0
        )
    group by outcome.school_id, outcome.school_year, dosage.delivered_in_year
),

school as (
    select
        *,
        case
            when visits = 0 then 0
            else ntile(4) over (partition by school_year, visits > 0 order by visits, school_id)
        end as quarter
    from tested
),

unknown as (
    select
        school_id,
        school_year,
        sum(unknown_quantity) as visits
    from marts.agg_school_term_support
    where support = 'coaching'
    group by school_id, school_year
)

select
    school.school_year,
    school.quarter,
    count(*) as schools,
    min(school.visits) as fewest_visits,
    max(school.visits) as most_visits,
    coalesce(sum(unknown.visits), 0) as unknown_visits,
    round(sum(school.reading) / sum(school.reading_students), 2) as growth_reading,
    round(sum(school.math) / sum(school.math_students), 2) as growth_math
from school
left join unknown on school.school_id = unknown.school_id and school.school_year = unknown.school_year
group by school.school_year, school.quarter
order by school.school_year, school.quarter;
