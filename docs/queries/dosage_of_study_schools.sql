-- How much of each support had the study's schools received of their plan before their students were tested?
-- Asked by: evaluators, beside every estimate; the programme office.
-- Read: terms that are over. Quantities are in the unit given and can't be added over supports; in_window ends before
--   the first spring test. The bounds take the unknown as not delivered, and as delivered. A control school in this
--   table received what the study means to compare with. Empty until a term since the launch is over.
-- Columns: school_year, term, short_name, arm, support, unit, due, delivered, in_window, share, at_least, at_most
select
    fidelity.school_year,
    fidelity.term,
    school.short_name,
    fidelity.arm,
    fidelity.support,
    fidelity.unit,
    fidelity.due_quantity as due,
    fidelity.delivered_quantity as delivered,
    fidelity.delivered_in_window as in_window,
    fidelity.share_delivered as share,
    fidelity.share_at_least as at_least,
    fidelity.share_at_most as at_most
from evaluation.eval_fidelity as fidelity
inner join marts.dim_school as school on fidelity.school_id = school.school_id and school.is_current
where fidelity.is_term_over
order by fidelity.school_year, fidelity.term, fidelity.support, fidelity.share_delivered nulls last, school.short_name;
