select
    cohort,
    category,
    metric,
    pre_years,
    post_years,
    kind,
    note
from {{ ref("stg_portal__did_comparison") }}
