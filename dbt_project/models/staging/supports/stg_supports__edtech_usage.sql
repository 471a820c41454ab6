select
    school_id,
    product,
    week_start,
    active_students,
    minutes
from {{ current_rows("supports", "edtech_usage") }} as feed
