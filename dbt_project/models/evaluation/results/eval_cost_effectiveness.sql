-- What the offer cost for each pupil, beside what it did: net of what control schools were given.
with school as (
    select distinct
        study,
        roster_version,
        outcome,
        years_since_launch::text as follow_up,
        school_id,
        arm,
        school_year - years_since_launch as first_school_year,
        school_year as last_school_year
    from {{ ref("eval_analytic_sample") }}
    where membership <> 'joiner'
),

-- Average daily membership, as agg_support_cost has it, also of schools that received nothing.
pupils as (
    select
        membership.school_id,
        membership.school_year,
        sum(membership.days_enrolled)::numeric / year.instructional_days as pupils
    from {{ ref("agg_school_month_attendance") }} as membership
    inner join {{ ref("dim_school_year") }} as year on membership.school_year = year.school_year
    group by membership.school_id, membership.school_year, year.instructional_days
),

spent as (
    select
        school_id,
        school_year,
        {{ sum_if_known("cost_usd") }} as cost_usd
    from {{ ref("agg_support_cost") }}
    group by school_id, school_year
),

school_year as (
    select
        school.*,
        pupils.pupils,
        -- Nothing on record is nothing spent; what is on record without a price is not known.
        case when spent.school_id is null then 0 else spent.cost_usd end as cost_usd
    from school
    inner join {{ ref("dim_school_year") }} as year
        on year.school_year between school.first_school_year and school.last_school_year
    left join pupils on school.school_id = pupils.school_id and year.school_year = pupils.school_year
    left join spent on school.school_id = spent.school_id and year.school_year = spent.school_year
),

school_cost as (
    select
        study,
        roster_version,
        outcome,
        follow_up,
        arm,
        school_id,
        avg(pupils) as pupils,
        {{ sum_if_known("cost_usd") }} as cost_usd
    from school_year
    group by study, roster_version, outcome, follow_up, arm, school_id
),

arm_cost as (
    select
        study,
        roster_version,
        outcome,
        follow_up,
        {{ sum_if_known("cost_usd", "arm = 'treatment'") }} as cost_treatment_usd,
        sum(pupils) filter (where arm = 'treatment') as pupils_treatment,
        {{ sum_if_known("cost_usd", "arm = 'control'") }} as cost_control_usd,
        sum(pupils) filter (where arm = 'control') as pupils_control
    from school_cost
    group by study, roster_version, outcome, follow_up
),

priced as (
    select
        impact.study,
        impact.roster_version,
        impact.outcome,
        impact.follow_up,
        impact.domain,
        arm_cost.cost_treatment_usd::numeric(16, 2) as cost_treatment_usd,
        arm_cost.pupils_treatment::numeric(12, 2) as pupils_treatment,
        arm_cost.cost_control_usd::numeric(16, 2) as cost_control_usd,
        arm_cost.pupils_control::numeric(12, 2) as pupils_control,
        (
            {{ per_pupil("arm_cost.cost_treatment_usd", "arm_cost.pupils_treatment") }}
            - {{ per_pupil("arm_cost.cost_control_usd", "arm_cost.pupils_control") }}
        )::numeric(14, 2) as cost_per_pupil_usd,
        -- Gains are positive, whichever way the outcome counts.
        case when outcome.is_higher_better then impact.effect_size else -impact.effect_size end as gain,
        case when outcome.is_higher_better then impact.effect_size_low else -impact.effect_size_high end as gain_low,
        case when outcome.is_higher_better then impact.effect_size_high else -impact.effect_size_low end as gain_high
    from {{ ref("eval_impact") }} as impact
    inner join {{ ref("eval_outcome") }} as outcome on impact.outcome = outcome.outcome
    left join arm_cost
        on
            impact.study = arm_cost.study
            and impact.roster_version = arm_cost.roster_version
            and impact.outcome = arm_cost.outcome
            and impact.follow_up = arm_cost.follow_up
    where
        impact.sample = 'assigned'
        and impact.method = 'clustered_regression'
        and impact.subgroup_dimension = 'all'
)

select
    study,
    roster_version,
    outcome,
    follow_up,
    domain,
    cost_treatment_usd,
    pupils_treatment,
    cost_control_usd,
    pupils_control,
    cost_per_pupil_usd,
    gain::numeric(16, 6) as gain,
    gain_low::numeric(16, 6) as gain_low,
    gain_high::numeric(16, 6) as gain_high,
    {% for bound in ["", "_low", "_high"] -%}
    {%- set of_gain = {"": "gain", "_low": "gain_high", "_high": "gain_low"}[bound] -%}
    case
        when {{ of_gain }} > 0 and cost_per_pupil_usd > 0 then cost_per_pupil_usd / ({{ of_gain }} / 0.1)
    end::numeric(16, 2) as cost_per_tenth_sd{{ bound }}_usd,
    {% endfor -%}
    case
        when gain is null then 'no effect is estimable'
        when cost_per_pupil_usd is null then 'no cost is known'
        when cost_per_pupil_usd <= 0 then 'the treatment schools cost no more than the control schools'
        when gain <= 0 then 'no gain was found: no price'
        when gain_low is null or gain_low <= 0 then 'the interval of the gain reaches zero: the price has no upper end'
        else 'a price with both ends'
    end as reading,
    {{ night() }} as night
from priced
