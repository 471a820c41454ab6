{%- set key = "school_id, school_year, term, support" -%}

with event as (
    {{ support_events() }}
),

recorded as (
    select
        {{ key }},
        event.unit,
        sum(event.delivered) as delivered,
        sum(event.paid_usd) as paid_usd,
        sum(event.delivered) filter (where week.in_due_week) as delivered_when_due,
        sum(event.cancelled) filter (where week.in_due_week) as cancelled_when_due
    from event
    left join {{ ref("int_support_plan_due") }} as plan using ({{ key }})
    cross join lateral (
        select date_trunc('week', event.happened_on)::date <= plan.last_due_week as in_due_week
    ) as week
    group by {{ key }}, event.unit
),

-- What a unit usually costs: the median of the prices that the term's plans have for it.
usual as (
    select
        school_year,
        term,
        support,
        percentile_disc(0.5) within group (order by unit_cost_usd) as unit_cost_usd
    from {{ ref("int_support_plan_due") }}
    group by school_year, term, support
),

compared as (
    select
        {{ key }},
        coalesce(plan.unit, recorded.unit) as unit,
        plan.planned_quantity,
        plan.due_quantity,
        coalesce(recorded.delivered, 0) as delivered,
        coalesce(recorded.delivered_when_due, 0) as delivered_when_due,
        {{ unknown_quantity(
            "plan.due_quantity", "coalesce(recorded.delivered_when_due, 0)",
            "coalesce(recorded.cancelled_when_due, 0)", "plan.unlogged_quantity"
        ) }} as unknown,
        plan.planned_quantity * plan.unit_cost_usd as planned_cost_usd,
        -- What was paid, where a feed says so; else the price of what was delivered: the school's own,
        -- or what the term's plans usually have. Without any it is not known, and not 0.
        case
            when support in ('teacher_time', 'devices', 'classroom_redesign')
                then coalesce(recorded.paid_usd, 0)
            when coalesce(recorded.delivered, 0) = 0 then 0
            else recorded.delivered * coalesce(plan.unit_cost_usd, usual.unit_cost_usd)
        end as cost_usd,
        case
            when support in ('teacher_time', 'devices', 'classroom_redesign') then 'paid'
            when plan.unit_cost_usd is not null then 'planned price'
            when usual.unit_cost_usd is not null then 'usual price'
            else 'no price'
        end as cost_basis
    from {{ ref("int_support_plan_due") }} as plan
    full outer join recorded using ({{ key }})
    left join usual using (school_year, term, support)
)

select
    compared.school_id,
    compared.school_year,
    compared.term,
    compared.support,
    compared.unit,
    compared.planned_quantity::numeric(14, 2) as planned_quantity,
    compared.due_quantity::numeric(14, 2) as due_quantity,
    compared.delivered::numeric(14, 2) as delivered_quantity,
    {{ not_delivered_quantity(
        "compared.due_quantity", "compared.delivered_when_due", "compared.unknown"
    ) }}::numeric(14, 2) as not_delivered_quantity,
    compared.unknown::numeric(14, 2) as unknown_quantity,
    enrollment.pupils::numeric(10, 2) as pupils,
    {{ per_pupil("compared.delivered", "enrollment.pupils") }}::numeric(14, 4) as delivered_per_pupil,
    compared.planned_cost_usd::numeric(14, 2) as planned_cost_usd,
    compared.cost_usd::numeric(14, 2) as cost_usd,
    compared.cost_basis,
    {{ per_pupil("compared.cost_usd", "enrollment.pupils") }}::numeric(14, 2) as cost_per_pupil_usd,
    term.last_date < {{ night() }} as is_term_over
from compared
inner join {{ ref("int_term_dated") }} as term
    on compared.school_year = term.school_year and compared.term = term.term
left join {{ ref("int_school_term_enrollment") }} as enrollment
    on
        compared.school_id = enrollment.school_id
        and compared.school_year = enrollment.school_year
        and compared.term = enrollment.term
