select
    usage.school_id,
    usage.product,
    usage.week_start,
    calendar.school_year,
    calendar.term,
    usage.active_students,
    usage.minutes
from {{ ref("stg_supports__edtech_usage") }} as usage
left join {{ ref("stg_sis__calendar") }} as calendar on usage.week_start = calendar.calendar_date
where usage.week_start <= {{ night() }}
