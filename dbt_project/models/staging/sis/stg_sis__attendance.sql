select
    identity.student_key,
    feed.school_id,
    feed.absence_date,
    feed.absence_code,
    feed.day_fraction
from {{ current_rows("sis", "attendance") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
