select
    deployment_id,
    school_id,
    deployed_on,
    device_type,
    quantity,
    unit_cost as unit_cost_usd,
    retired_on
from {{ current_rows("supports", "devices") }} as feed
