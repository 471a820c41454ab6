with known as (
    -- An order whose delivery lies after the night is not delivered yet.
    select
        *,
        case when delivered_on <= {{ night() }} then delivered_on end as delivered_by_night
    from {{ ref("stg_supports__redesign_orders") }}
    where ordered_on <= {{ night() }}
)

select
    known.order_id,
    known.school_id,
    known.category,
    known.ordered_on,
    known.delivered_by_night as delivered_on,
    calendar.school_year,
    calendar.term,
    case
        when known.status = 'delivered' and known.delivered_by_night is null then 'ordered'
        else known.status
    end as status,
    known.amount_usd::numeric(12, 2) as amount_usd
from known
left join {{ ref("stg_sis__calendar") }} as calendar
    on coalesce(known.delivered_by_night, known.ordered_on) = calendar.calendar_date
