-- Which furniture and visual orders are not delivered, and how long have they been out?
-- Asked by: the district's facilities office.
-- Read: days since the order, as of tonight. Cancelled orders are in no row. Empty where everything has come.
-- Columns: short_name, category, order_id, ordered_on, days_out, amount_usd, usual_days
with usual as (
    select
        category,
        percentile_disc(0.5) within group (order by delivered_on - ordered_on) as days
    from marts.fct_classroom_redesign
    where status = 'delivered'
    group by category
)

select
    school.short_name,
    pending.category,
    pending.order_id,
    pending.ordered_on,
    as_of.data_as_of - pending.ordered_on as days_out,
    pending.amount_usd,
    usual.days as usual_days
from marts.fct_classroom_redesign as pending
inner join ops.data_as_of as as_of on as_of.kind = 'marts'
inner join marts.dim_school as school on pending.school_id = school.school_id and school.is_current
left join usual on pending.category = usual.category
where pending.status = 'ordered'
order by days_out desc, pending.order_id;
