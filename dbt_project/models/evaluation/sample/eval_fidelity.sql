-- Supports of the study's schools against their plans, in windows that end before the outcome.
with school as (
    select *
    from {{ ref("fct_study_assignment") }}
    where is_current_version and launch_date <= {{ night() }}
),

term as (
    select
        school_year,
        term,
        min(calendar_date) as first_date,
        max(calendar_date) + 1 as end_date
    from {{ ref("dim_date") }}
    group by school_year, term
),

dosage_window as (
    {{ dosage_windows() }}
),

event as (
    {{ support_events() }}
),

support as (
    select
        school.study,
        school.roster_version,
        school.school_id,
        support.school_year,
        support.term,
        support.support,
        school.arm,
        school.block,
        school.cohort,
        school.participated,
        support.unit,
        support.planned_quantity,
        support.due_quantity,
        support.delivered_quantity,
        support.not_delivered_quantity,
        support.unknown_quantity,
        term.first_date as window_start,
        greatest(least(term.end_date, dosage_window.window_end), term.first_date) as window_end,
        dosage_window.window_end as outcome_on,
        support.is_term_over
    from school
    inner join {{ ref("agg_school_term_support") }} as support
        on school.school_id = support.school_id and school.launch_school_year <= support.school_year
    inner join term on support.school_year = term.school_year and support.term = term.term
    left join dosage_window
        on support.school_id = dosage_window.school_id and support.school_year = dosage_window.school_year
),

delivered as (
    select
        support.study,
        support.school_id,
        support.school_year,
        support.term,
        support.support,
        sum(event.delivered) as in_window
    from support
    inner join event
        on
            support.school_id = event.school_id
            and support.school_year = event.school_year
            and support.term = event.term
            and support.support = event.support
            and {{ is_in_dosage_window(
                "event.happened_on", "event.ended_on", "support.window_start", "support.outcome_on"
            ) }}
    group by support.study, support.school_id, support.school_year, support.term, support.support
)

select
    support.study,
    support.roster_version,
    support.school_id,
    support.school_year,
    support.term,
    support.support,
    support.arm,
    support.block,
    support.cohort,
    support.participated,
    support.unit,
    support.planned_quantity,
    support.due_quantity,
    support.delivered_quantity,
    support.not_delivered_quantity,
    support.unknown_quantity,
    {%- set due, not_delivered = "support.due_quantity", "support.not_delivered_quantity" %}
    {{ share_of_due(due, not_delivered, "support.unknown_quantity") }}::numeric(6, 4) as share_delivered,
    {{ share_of_due(due, not_delivered ~ " + support.unknown_quantity", 0) }}::numeric(6, 4) as share_at_least,
    {{ share_of_due(due, not_delivered, 0) }}::numeric(6, 4) as share_at_most,
    support.window_start,
    support.window_end,
    coalesce(delivered.in_window, 0)::numeric(14, 2) as delivered_in_window,
    support.is_term_over
from support
left join delivered
    on
        support.study = delivered.study
        and support.school_id = delivered.school_id
        and support.school_year = delivered.school_year
        and support.term = delivered.term
        and support.support = delivered.support
