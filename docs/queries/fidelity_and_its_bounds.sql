-- How much of what was due did each school receive, and how sure is that?
-- Asked by: the programme office and evaluators, at the end of a term.
-- Read: terms that are over. The bounds take the unknown as not delivered, and as delivered; where they are wide, ask
--   for logs before ranking schools.
-- Columns: school_year, term, short_name, cohort, fidelity, at_least, at_most
select
    fidelity.school_year,
    fidelity.term,
    school.short_name,
    membership.cohort,
    fidelity.fidelity,
    fidelity.fidelity_at_least as at_least,
    fidelity.fidelity_at_most as at_most
from marts.agg_school_term_fidelity as fidelity
inner join marts.dim_school as school on fidelity.school_id = school.school_id and school.is_current
left join marts.agg_school_year_membership as membership
    on fidelity.school_id = membership.school_id and fidelity.school_year = membership.school_year
where fidelity.is_term_over
order by fidelity.school_year, fidelity.term, fidelity.fidelity nulls last, school.short_name;
