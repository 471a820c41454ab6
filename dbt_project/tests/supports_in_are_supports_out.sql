-- What: of each support, every row of the feed is in its fact once, but for those dated after the
--   night; and what was delivered adds up to the same in the feed, the fact and
--   agg_school_term_support.
-- When it matters: a join that drops or doubles rows changes dosage, fidelity and cost without
--   making any look odd.
-- How to resolve: rows differ, look at the joins of the fact; its quantities do, at
--   support_events; only the aggregate's does, at the terms of agg_school_term_support.
with staged (support, happened_on, quantity) as (
    select
        'professional_development', session_date,
        case when status = 'cancelled' then 0 else hours_held end
    from {{ ref("stg_supports__pd_sessions") }}
    union all
    select 'teacher_time', work_date, hours
    from {{ ref("stg_supports__teacher_time") }}
    union all
    select 'coaching', visit_date, (status = 'held')::integer
    from {{ ref("stg_supports__coaching_visits") }}
    union all
    select 'devices', deployed_on, quantity
    from {{ ref("stg_supports__devices") }}
    union all
    select 'edtech', week_start, minutes
    from {{ ref("stg_supports__edtech_usage") }}
    union all
    select
        'classroom_redesign', ordered_on,
        case when status = 'delivered' and delivered_on <= {{ night() }} then amount_usd else 0 end
    from {{ ref("stg_supports__redesign_orders") }}
),

fact (support, quantity) as (
    select 'professional_development', hours_held
    from {{ ref("fct_professional_development") }}
    union all
    select 'teacher_time', hours
    from {{ ref("fct_teacher_time") }}
    union all
    select 'coaching', (status = 'held')::integer
    from {{ ref("fct_coaching_visit") }}
    union all
    select 'devices', quantity
    from {{ ref("fct_device_deployment") }}
    union all
    select 'edtech', minutes
    from {{ ref("fct_edtech_usage") }}
    union all
    select 'classroom_redesign', case when status = 'delivered' then amount_usd else 0 end
    from {{ ref("fct_classroom_redesign") }}
),

in_feeds as (
    select
        support,
        count(*) as staged_rows,
        count(*) filter (where happened_on > {{ night() }}) as later_rows,
        coalesce(sum(round(quantity, 2)) filter (where happened_on <= {{ night() }}), 0) as staged_quantity
    from staged
    group by support
),

in_facts as (
    select
        support,
        count(*) as fact_rows,
        coalesce(sum(quantity), 0) as fact_quantity
    from fact
    group by support
),

in_terms as (
    select
        support,
        sum(delivered_quantity) as term_quantity
    from {{ ref("agg_school_term_support") }}
    group by support
)

select
    support,
    in_feeds.staged_rows,
    in_feeds.later_rows,
    in_facts.fact_rows,
    in_feeds.staged_quantity,
    in_facts.fact_quantity,
    in_terms.term_quantity
from in_feeds
full outer join in_facts using (support)
full outer join in_terms using (support)
where
    coalesce(in_feeds.staged_rows - in_feeds.later_rows, 0) <> coalesce(in_facts.fact_rows, 0)
    or coalesce(in_feeds.staged_quantity, 0) <> coalesce(in_facts.fact_quantity, 0)
    or coalesce(in_facts.fact_quantity, 0) <> coalesce(in_terms.term_quantity, 0)
