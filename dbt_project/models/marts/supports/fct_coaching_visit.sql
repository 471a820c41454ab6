select
    visit.visit_id,
    visit.school_id,
    visit.visit_date,
    calendar.school_year,
    calendar.term,
    date_trunc('week', visit.visit_date)::date as week_start,
    visit.coach_role,
    visit.audience,
    visit.focus,
    visit.status,
    visit.minutes
from {{ ref("stg_supports__coaching_visits") }} as visit
left join {{ ref("stg_sis__calendar") }} as calendar on visit.visit_date = calendar.calendar_date
where visit.visit_date <= {{ night() }}
