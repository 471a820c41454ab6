select
    school_id,
    stage_start,
    stage_end,
    cohort,
    launch_date,
    stage,
    {{ spell_covers(night(), "stage_start", "stage_end") }} as is_current
from {{ ref("int_cohort_membership_capped") }}
