select
    school_id,
    cohort,
    launch_date,
    stage,
    stage_start,
    stage_end
from {{ current_rows("study", "cohort_membership") }} as feed
