select
    school_id,
    school_year,
    term,
    support,
    unit,
    planned_quantity,
    unit_cost as unit_cost_usd
from {{ current_rows("supports", "support_plan") }} as feed
