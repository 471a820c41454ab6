select
    feed.wave,
    identity.student_key,
    feed.school_id,
    feed.school_year,
    feed.answered_on,
    feed.item,
    feed.competency,
    feed.response
from {{ current_rows("assessment", "survey_responses") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
