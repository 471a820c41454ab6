select
    calendar_date,
    school_year,
    is_instructional,
    day_number,
    term,
    note
from {{ current_rows("sis", "calendar") }} as feed
