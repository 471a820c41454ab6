select
    order_id,
    school_id,
    category,
    ordered_on,
    delivered_on,
    amount_usd,
    status
from {{ current_rows("supports", "redesign_orders") }} as feed
