select
    study,
    roster_version,
    school_id,
    block,
    arm,
    randomized_on,
    participated
from {{ current_rows("study", "study_assignment") }} as feed
