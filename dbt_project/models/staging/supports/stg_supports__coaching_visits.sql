select
    visit_id,
    school_id,
    visit_date,
    coach_role,
    audience,
    focus,
    status,
    minutes
from {{ current_rows("supports", "coaching_visits") }} as feed
