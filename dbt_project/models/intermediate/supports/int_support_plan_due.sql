-- What of each term's plan is due by the night, and how much of that falls into weeks of
-- which nothing is known.
--
-- A plan is for the whole term; it is spread evenly over the instructional days of the term
-- on which the school is in the programme (software: from piloting on), or over all of them
-- where the school's journey does not touch the term. A week of it is due once the week is
-- over and its reports must be here: their contracts say how late they may come.
with reporting (support, lag_days, is_logged_weekly) as (
    values
    ('professional_development', 7, false),
    ('teacher_time', 14, false),
    ('coaching', 14, true),
    ('devices', 0, false),
    ('edtech', 1, true),
    ('classroom_redesign', 0, false)
),

plan as (
    select
        plan.*,
        reporting.is_logged_weekly,
        date_trunc('week', {{ night() }} - 6 - reporting.lag_days)::date as last_due_week
    from {{ ref("stg_supports__support_plan") }} as plan
    inner join {{ ref("int_term_dated") }} as term
        on plan.school_year = term.school_year and plan.term = term.term
    inner join reporting on plan.support = reporting.support
),

-- Coaches and vendors log every week. A week without any row, held or cancelled, is a log
-- that did not come, and not a week without support.
logged as (
    select 'coaching' as support, school_id, date_trunc('week', visit_date)::date as week_start
    from {{ ref("stg_supports__coaching_visits") }}
    union
    select 'edtech' as support, school_id, week_start
    from {{ ref("stg_supports__edtech_usage") }}
),

day as (
    select
        plan.school_id,
        plan.school_year,
        plan.term,
        plan.support,
        calendar.calendar_date,
        date_trunc('week', calendar.calendar_date)::date as week_start,
        exists(
            select 1 from {{ ref("int_cohort_membership_capped") }} as stage
            where
                stage.school_id = plan.school_id
                and {{ spell_covers("calendar.calendar_date", "stage.stage_start", "stage.stage_end") }}
                and (plan.support <> 'edtech' or stage.stage <> 'planning')
        ) as in_journey
    from plan
    inner join {{ ref("stg_sis__calendar") }} as calendar
        on plan.school_year = calendar.school_year and plan.term = calendar.term
    where calendar.is_instructional
),

planned_day as (
    select
        *,
        bool_or(in_journey) over (partition by school_id, school_year, term, support) as touches_journey
    from day
)

select
    plan.school_id,
    plan.school_year,
    plan.term,
    plan.support,
    plan.unit,
    plan.planned_quantity,
    plan.unit_cost_usd,
    plan.last_due_week,
    (
        plan.planned_quantity * count(*) filter (where planned_day.week_start <= plan.last_due_week)
        / count(*)
    )::numeric(18, 6) as due_quantity,
    (
        plan.planned_quantity * count(*) filter (
            where planned_day.week_start <= plan.last_due_week
            and plan.is_logged_weekly and logged.week_start is null
        )
        / count(*)
    )::numeric(18, 6) as unlogged_quantity
from plan
inner join planned_day
    using (school_id, school_year, term, support)
left join logged
    on
        planned_day.school_id = logged.school_id
        and planned_day.support = logged.support
        and planned_day.week_start = logged.week_start
where planned_day.in_journey or not planned_day.touches_journey
group by
    plan.school_id, plan.school_year, plan.term, plan.support, plan.unit,
    plan.planned_quantity, plan.unit_cost_usd, plan.last_due_week
