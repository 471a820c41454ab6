-- What did an additional point of growth in reading cost?
-- Asked by: the district's finance office; evaluators.
-- Read: dollars per pupil of the year, over the mean growth from fall to spring of the schools drawn to treatment less
--   that of their block's control schools. A description by arm, without its uncertainty: where the gain is small or
--   negative the ratio means nothing, and is left out. Empty arms of a block give no row.
-- Columns: school_year, block, growth_treatment, growth_control, additional_points, cost_per_pupil_usd, usd_per_point
with drawn as (
    select school_id, block, arm, randomized_on
    from marts.fct_study_assignment
    where is_current_version
),

growth as (
    select
        drawn.block,
        outcome.school_year,
        sum(outcome.numerator) filter (where drawn.arm = 'treatment')
        / sum(outcome.denominator) filter (where drawn.arm = 'treatment') as treatment,
        sum(outcome.numerator) filter (where drawn.arm = 'control')
        / sum(outcome.denominator) filter (where drawn.arm = 'control') as control
    from marts.agg_school_year_outcome as outcome
    inner join drawn using (school_id)
    inner join marts.dim_school_year as school_year using (school_year)
    where
        outcome.outcome = 'map_growth_fall_to_spring_reading'
        and outcome.grade_band = 'all' and outcome.subgroup_dimension = 'all'
        and school_year.last_date > drawn.randomized_on
    group by drawn.block, outcome.school_year
),

cost as (
    select
        drawn.block,
        support.school_year,
        sum(support.cost_usd) as cost_usd,
        sum(support.pupils) as pupils
    from (
        select
            school_id,
            school_year,
            sum(cost_usd) as cost_usd,
            max(pupils) as pupils
        from marts.agg_support_cost
        group by school_id, school_year
    ) as support
    inner join drawn using (school_id)
    where drawn.arm = 'treatment'
    group by drawn.block, support.school_year
)

select
    growth.school_year,
    growth.block,
    round(growth.treatment, 2) as growth_treatment,
    round(growth.control, 2) as growth_control,
    round(growth.treatment - growth.control, 2) as additional_points,
    round(cost.cost_usd / nullif(cost.pupils, 0), 2) as cost_per_pupil_usd,
    case when growth.treatment > growth.control then
        round(cost.cost_usd / nullif(cost.pupils, 0) / (growth.treatment - growth.control), 2)
    end as usd_per_point
from growth
inner join cost using (block, school_year)
where growth.treatment is not null and growth.control is not null
order by growth.school_year, growth.block;
