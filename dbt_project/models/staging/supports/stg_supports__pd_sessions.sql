select
    session_id,
    school_id,
    session_date,
    provider,
    topic,
    hours_planned,
    status,
    hours_held
from {{ current_rows("supports", "pd_sessions") }} as feed
