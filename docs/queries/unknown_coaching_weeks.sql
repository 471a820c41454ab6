-- Of which schools and terms do we not know whether coaching took place?
-- Asked by: the programme office, to ask for the logs.
-- Read: visits due in weeks from which no log came, held or cancelled. Nobody may count them as delivered, or as
--   missed.
-- Columns: short_name, school_year, term, due_visits, unknown_visits, share_unknown, weeks_with_a_log
select
    school.short_name,
    support.school_year,
    support.term,
    support.due_quantity as due_visits,
    support.unknown_quantity as unknown_visits,
    round(support.unknown_quantity / support.due_quantity, 3) as share_unknown,
    count(distinct visit.week_start) as weeks_with_a_log
from marts.agg_school_term_support as support
inner join marts.dim_school as school on support.school_id = school.school_id and school.is_current
left join marts.fct_coaching_visit as visit
    on
        support.school_id = visit.school_id
        and support.school_year = visit.school_year
        and support.term = visit.term
where support.support = 'coaching' and support.due_quantity > 0
group by
    school.short_name, support.school_year, support.term, support.due_quantity, support.unknown_quantity
order by share_unknown desc, school.short_name, support.school_year, support.term;
