{%- set unknown = unknown_quantity("due", "delivered", "cancelled", "unlogged") -%}
{%- set not_delivered = not_delivered_quantity("due", "delivered", unknown) -%}
select
    due,
    delivered,
    cancelled,
    unlogged,
    {{ unknown }} as unknown,
    {{ not_delivered }} as not_delivered,
    round({{ share_of_due("due", not_delivered, unknown) }}, 4) as share_delivered
from (
    values (10.0, 10, 0, 0), (10, 6, 1, 2), (10, 9, 1, 2), (10, 12, 0, 2), (null, 3, 0, null)
) as example (due, delivered, cancelled, unlogged)
