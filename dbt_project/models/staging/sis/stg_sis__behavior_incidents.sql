select
    feed.incident_id,
    identity.student_key,
    feed.school_id,
    feed.incident_date,
    feed.conduct_group,
    feed.behavior_code as behaviour_code,
    feed.iss_days as in_school_suspension_days,
    feed.oss_days as out_of_school_suspension_days
from {{ current_rows("sis", "behavior_incidents") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
