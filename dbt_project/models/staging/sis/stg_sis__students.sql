select
    identity.student_key,
    feed.birth_date,
    feed.gender,
    feed.race_ethnicity
from {{ current_rows("sis", "students") }} as feed
-- Left join: a student without a key must fail a test, not vanish.
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
