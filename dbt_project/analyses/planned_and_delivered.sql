select
    due,
    delivered,
    cancelled,
    unlogged,
    {{ unknown_quantity("due", "delivered", "cancelled", "unlogged") }} as unknown,
    {{ not_delivered_quantity("due", "delivered", unknown_quantity("due", "delivered", "cancelled", "unlogged")) }}
        as not_delivered
from (
    values (10, 10, 0, 0), (10, 6, 1, 2), (10, 9, 1, 2), (10, 12, 0, 2), (null, 3, 0, null)
) as example (due, delivered, cancelled, unlogged)
