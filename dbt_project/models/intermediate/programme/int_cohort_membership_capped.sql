-- Stages of schools in the programme. A school that closes leaves on its first closed day,
-- whatever the plan said; a stage planned for after that is none.
select
    membership.school_id,
    membership.cohort,
    membership.launch_date,
    membership.stage,
    membership.stage_start,
    least(membership.stage_end, school.closed_from) as stage_end
from {{ ref("stg_study__cohort_membership") }} as membership
left join {{ ref("stg_sis__schools") }} as school on membership.school_id = school.school_id
where school.closed_from is null or membership.stage_start < school.closed_from
