select
    session_id,
    teacher_id,
    hours_attended
from {{ current_rows("supports", "pd_attendance") }} as feed
