with attended as (
    select
        session_id,
        count(*)::integer as teachers,
        sum(hours_attended) as teacher_hours
    from {{ ref("stg_supports__pd_attendance") }}
    group by session_id
)

select
    session.session_id,
    session.school_id,
    session.session_date,
    calendar.school_year,
    calendar.term,
    session.provider,
    session.topic,
    session.status,
    session.hours_planned::numeric(6, 2) as hours_planned,
    case when session.status = 'cancelled' then 0 else session.hours_held end::numeric(6, 2) as hours_held,
    -- A session without a sign-in sheet was not attended by nobody: that is not known.
    case when session.status = 'cancelled' then 0 else attended.teachers end as teachers,
    case when session.status = 'cancelled' then 0 else attended.teacher_hours end::numeric(8, 2) as teacher_hours
from {{ ref("stg_supports__pd_sessions") }} as session
left join attended on session.session_id = attended.session_id
left join {{ ref("stg_sis__calendar") }} as calendar on session.session_date = calendar.calendar_date
where session.session_date <= {{ night() }}
