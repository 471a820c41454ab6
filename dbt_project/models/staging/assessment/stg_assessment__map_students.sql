select
    identity.student_key,
    feed.term_name,
    feed.school_name,
    feed.school_id,
    feed.grade as grade_level
from {{ current_rows("assessment", "map_students") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
