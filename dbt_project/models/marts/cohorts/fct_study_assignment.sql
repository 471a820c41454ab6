select
    study,
    roster_version,
    school_id,
    block,
    arm,
    randomized_on,
    participated,
    roster_version = max(roster_version) over (partition by study) as is_current_version
from {{ ref("stg_study__study_assignment") }}
