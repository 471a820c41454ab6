-- What: each session, hour, visit, deployment, week and order by the night is on a day that the
--   calendar has, and so in a term.
-- When it matters: what lies in no term is in no plan, no dosage and no cost. The night stops here
--   rather than without it; what has a date after the night waits for that day, and is no failure.
-- How to resolve: the date is wrong, or the calendar lacks a year. Ask whoever keeps the feed of
--   that support, or have sis.calendar delivered whole.
with happened as (
    select 'professional_development' as support, school_id, session_date as happened_on
    from {{ ref("stg_supports__pd_sessions") }}
    union all
    select 'teacher_time' as support, school_id, work_date as happened_on
    from {{ ref("stg_supports__teacher_time") }}
    union all
    select 'coaching' as support, school_id, visit_date as happened_on
    from {{ ref("stg_supports__coaching_visits") }}
    union all
    select 'devices' as support, school_id, deployed_on as happened_on
    from {{ ref("stg_supports__devices") }}
    union all
    select 'edtech' as support, school_id, week_start as happened_on
    from {{ ref("stg_supports__edtech_usage") }}
    union all
    select 'classroom_redesign' as support, school_id, ordered_on as happened_on
    from {{ ref("stg_supports__redesign_orders") }}
    union all
    select 'classroom_redesign' as support, school_id, delivered_on as happened_on
    from {{ ref("stg_supports__redesign_orders") }}
)

select
    happened.support,
    happened.school_id,
    happened.happened_on,
    count(*) as deliveries
from happened
left join {{ ref("stg_sis__calendar") }} as calendar on happened.happened_on = calendar.calendar_date
where happened.happened_on <= {{ night() }} and calendar.calendar_date is null
group by happened.support, happened.school_id, happened.happened_on
