-- What did an additional point of growth in reading cost?
-- Asked by: the district's finance office; evaluators.
-- Read: mean growth from fall to spring of the schools drawn to treatment less that of their block's control schools,
--   and dollars per pupil of the year (average daily membership) of the very same schools: a treatment school that
--   declined counts with its pupils and no cost, and what control schools were given is taken off. A description by
--   block, without its uncertainty: without a gain or a cost beyond control's there is no price. Costs are empty where a
--   support has no known price. Empty arms of a block give no row.
-- Columns: school_year, block, schools_treatment, schools_control, growth_treatment, growth_control, additional_points,
--          cost_per_pupil_treatment_usd, cost_per_pupil_control_usd, net_cost_per_pupil_usd, usd_per_point
with days as (
    select
        school_year,
        count(*) as days
    from marts.dim_date
    where is_instructional and calendar_date <= (select data_as_of from ops.data_as_of where kind = 'marts')
    group by school_year
),

pupils as (
    select
        membership.school_id,
        membership.school_year,
        sum(membership.days_enrolled)::numeric / days.days as pupils
    from marts.agg_school_month_attendance as membership
    inner join days using (school_year)
    where membership.school_id in (select assignment.school_id from marts.fct_study_assignment as assignment)
    group by membership.school_id, membership.school_year, days.days
),

cost as (
    select
        school_id,
        school_year,
        case when bool_and(cost_usd is not null) then sum(cost_usd) end as cost_usd
    from marts.agg_support_cost
    group by school_id, school_year
),

school as (
    select
        drawn.block,
        drawn.arm,
        outcome.school_year,
        outcome.numerator,
        outcome.denominator,
        pupils.pupils,
        case when cost.school_id is null then 0 else cost.cost_usd end as cost_usd
    from marts.agg_school_year_outcome as outcome
    inner join marts.fct_study_assignment as drawn using (school_id)
    inner join marts.dim_school_year as school_year using (school_year)
    inner join pupils using (school_id, school_year)
    left join cost using (school_id, school_year)
    where
        drawn.is_current_version
        and outcome.outcome = 'map_growth_fall_to_spring_reading'
        and outcome.grade_band = 'all' and outcome.subgroup_dimension = 'all'
        and school_year.last_date > drawn.randomized_on
),

arm as (
    select
        block,
        school_year,
        arm,
        count(*) as schools,
        sum(numerator) / sum(denominator) as growth,
        case when bool_and(cost_usd is not null) then sum(cost_usd) / sum(pupils) end as cost_per_pupil
    from school
    group by block, school_year, arm
)

select
    school_year,
    block,
    treatment.schools as schools_treatment,
    control.schools as schools_control,
    round(treatment.growth, 2) as growth_treatment,
    round(control.growth, 2) as growth_control,
    round(treatment.growth - control.growth, 2) as additional_points,
    round(treatment.cost_per_pupil, 2) as cost_per_pupil_treatment_usd,
    round(control.cost_per_pupil, 2) as cost_per_pupil_control_usd,
    round(treatment.cost_per_pupil - control.cost_per_pupil, 2) as net_cost_per_pupil_usd,
    case when treatment.growth > control.growth and treatment.cost_per_pupil > control.cost_per_pupil then
        round((treatment.cost_per_pupil - control.cost_per_pupil) / (treatment.growth - control.growth), 2)
    end as usd_per_point
from arm as treatment
inner join arm as control using (school_year, block)
where treatment.arm = 'treatment' and control.arm = 'control'
order by school_year, block;
