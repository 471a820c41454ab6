select
    identity.student_key,
    feed.school_id,
    feed.school_year,
    feed.term,
    feed.course,
    feed.subject,
    feed.credits,
    feed.mark
from {{ current_rows("sis", "course_marks") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
