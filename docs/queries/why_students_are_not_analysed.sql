-- Why are students of the draw not analysed, by outcome and arm?
-- Asked by: evaluators and reviewers, before they read an estimate.
-- Read: students who were enrolled on the launch date, in the grades in which the outcome is sought. A reason that is
--   more common in one arm than in the other can bias an estimate. Empty until the school year of a launch is over.
-- Columns: outcome, school_year, arm, students, analysed, not_enrolled, no_outcome, no_baseline, share_analysed
select
    outcome,
    school_year,
    arm,
    count(*) as students,
    count(*) filter (where reason = 'analysed') as analysed,
    count(*) filter (where reason = 'not enrolled in the year') as not_enrolled,
    count(*) filter (where reason = 'no outcome') as no_outcome,
    count(*) filter (where reason = 'no baseline') as no_baseline,
    round(avg(is_analysed::integer), 3) as share_analysed
from evaluation.eval_analytic_sample
where membership <> 'joiner'
group by outcome, school_year, arm
order by outcome, school_year, arm;
