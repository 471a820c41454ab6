{%- set key = "school_id, school_year, term, support" -%}
{#- Minutes: an hour of each of so many pupils as make a group that is no small one. -#}
{%- set step = 60 * var("small_cell_threshold") -%}

-- Software is the one support that is about pupils. What a school used in a term is shown where
-- each week of each product was of enough of them, so that no night adds what fewer did; and in
-- steps, so that the late correction of one pupil's minutes isn't told either. A second way of
-- rounding would narrow the first: all that is shown follows from the plan and these two.
with software as (
    select
        {{ key }},
        use.due_quantity,
        plan.unlogged_quantity,
        -- Prices have cents; rounded, so that no cent of the cost tells of the minutes.
        case
            when use.delivered_quantity > 0 then round(use.cost_usd / use.delivered_quantity, 4)
            else 0
        end as price_usd,
        round(use.delivered_quantity / {{ step }}) * {{ step }} as delivered_quantity,
        round((use.due_quantity - use.not_delivered_quantity - use.unknown_quantity) / {{ step }}) * {{ step }}
            as delivered_of_due_quantity
    from {{ ref("agg_school_term_support") }} as use
    left join {{ ref("int_support_plan_due") }} as plan using ({{ key }})
    where
        use.support = 'edtech'
        and not exists (
            select 1 from {{ ref("fct_edtech_usage") }} as week
            where
                week.school_id = use.school_id
                and week.school_year = use.school_year
                and week.term = use.term
                and week.active_students between 1 and {{ var("small_cell_threshold") }} - 1
        )
),

software_of_due as (
    select
        {{ key }}, due_quantity, unlogged_quantity, delivered_quantity,
        delivered_quantity * price_usd as cost_usd,
        case
            when delivered_of_due_quantity < round(due_quantity / {{ step }}) * {{ step }}
                then delivered_of_due_quantity
            else due_quantity
        end as delivered_of_due_quantity
    from software
),

-- Whatever is shown. What is not here is suppressed.
shown as (
    select
        {{ key }}, delivered_quantity, unknown_quantity, cost_usd,
        due_quantity - not_delivered_quantity - unknown_quantity as delivered_of_due_quantity
    from {{ ref("agg_school_term_support") }}
    where support <> 'edtech'
    union all
    select
        {{ key }}, delivered_quantity,
        {{ unknown_quantity("due_quantity", "delivered_of_due_quantity", "0", "unlogged_quantity") }},
        cost_usd, delivered_of_due_quantity
    from software_of_due
)

select
    support.school_id,
    school.short_name as school_name,
    school.school_category,
    coalesce(joined.cohort, 'none') as cohort,
    support.school_year,
    {{ school_year_label("support.school_year") }} as school_year_label,
    support.term,
    {{ school_year_label("support.school_year") }} || ' ' || support.term as term_label,
    support.is_term_over,
    support.is_term_over
    and support.school_year || support.term
    = max(support.school_year || support.term) filter (where support.is_term_over) over () as is_last_term_over,
    support.support,
    support.unit,
    shown.school_id is null as is_suppressed,
    support.planned_quantity,
    support.due_quantity,
    shown.delivered_of_due_quantity::numeric(14, 2) as delivered_of_due_quantity,
    (support.due_quantity - shown.delivered_of_due_quantity - shown.unknown_quantity)::numeric(14, 2)
        as not_delivered_quantity,
    shown.unknown_quantity::numeric(14, 2) as unknown_quantity,
    shown.delivered_quantity::numeric(14, 2) as delivered_quantity,
    support.planned_cost_usd,
    shown.cost_usd::numeric(14, 2) as cost_usd,
    support.cost_basis
from {{ ref("agg_school_term_support") }} as support
left join shown
    on
        support.school_id = shown.school_id
        and support.school_year = shown.school_year
        and support.term = shown.term
        and support.support = shown.support
left join {{ ref("int_school_joined") }} as joined on support.school_id = joined.school_id
left join {{ ref("dim_school") }} as school
    on support.school_id = school.school_id and school.is_current
