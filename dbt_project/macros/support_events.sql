{#
  Every delivery of a support on record, by the night, in its unit: what was delivered, what was
  cancelled, and what was paid where a feed says so. One query, for all that adds supports up.

  out  school_id, school_year, term, support, unit, happened_on, delivered, cancelled, paid_usd
#}
{% macro support_events() -%}
    select
        school_id, school_year, term, 'professional_development' as support, 'hours' as unit,
        session_date as happened_on, hours_held as delivered,
        case when status = 'cancelled' then hours_planned else 0 end as cancelled, null::numeric as paid_usd
    from {{ ref("fct_professional_development") }}
    union all
    select school_id, school_year, term, 'teacher_time', 'hours', work_date, hours, 0, amount_usd
    from {{ ref("fct_teacher_time") }}
    union all
    select
        school_id, school_year, term, 'coaching', 'visits', visit_date,
        (status = 'held')::integer, (status = 'cancelled')::integer, null
    from {{ ref("fct_coaching_visit") }}
    union all
    select school_id, school_year, term, 'devices', 'devices', deployed_on, quantity, 0, cost_usd
    from {{ ref("fct_device_deployment") }}
    union all
    select school_id, school_year, term, 'edtech', 'minutes', week_start, minutes, 0, null
    from {{ ref("fct_edtech_usage") }}
    union all
    select
        school_id, school_year, term, 'classroom_redesign', 'dollars', delivered_on,
        amount_usd, 0, amount_usd
    from {{ ref("fct_classroom_redesign") }}
    where status = 'delivered'
{%- endmacro %}
