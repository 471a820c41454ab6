-- One row a comparison that analysts want computed. Lists of years stay as they were
-- written; they are part of the comparison's key.
select
    cohort,
    category,
    metric,
    pre_years,
    post_years,
    kind,
    note
from {{ current_rows("portal", "did_comparison") }} as did_comparison
