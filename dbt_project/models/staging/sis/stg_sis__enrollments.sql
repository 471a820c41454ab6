select
    identity.student_key,
    feed.school_id,
    feed.entry_date,
    feed.exit_date,
    feed.school_year,
    feed.grade_level,
    feed.entry_code,
    feed.exit_code,
    feed.low_income,
    feed.english_learner,
    feed.special_education
from {{ current_rows("sis", "enrollments") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
