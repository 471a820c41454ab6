select
    calendar_date,
    school_year,
    {{ school_year_label("school_year") }} as school_year_label,
    is_instructional,
    day_number,
    term,
    note,
    is_observed as is_attendance_observed
from {{ ref("int_calendar_day_counted") }}
