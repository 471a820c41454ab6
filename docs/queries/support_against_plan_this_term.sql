-- What support did each school get this term against its plan, and per pupil?
-- Asked by: the programme office, each week.
-- Read: what is unknown is what no log speaks of; not delivered only where a log says so.
-- Columns: short_name, support, unit, due_quantity, delivered_quantity, not_delivered_quantity, unknown_quantity,
--          delivered_per_pupil, cost_per_pupil_usd
with this_term as (
    select school_year, term
    from marts.dim_date
    where calendar_date <= (select data_as_of from ops.data_as_of where kind = 'marts') and is_instructional
    order by calendar_date desc
    limit 1
)

select
    school.short_name,
    support.support,
    support.unit,
    support.due_quantity,
    support.delivered_quantity,
    support.not_delivered_quantity,
    support.unknown_quantity,
    support.delivered_per_pupil,
    support.cost_per_pupil_usd
from marts.agg_school_term_support as support
inner join this_term
    on support.school_year = this_term.school_year and support.term = this_term.term
inner join marts.dim_school as school
    on support.school_id = school.school_id and school.is_current
order by school.short_name, support.support;
