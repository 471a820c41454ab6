-- Why are students of the draw not analysed, by outcome and arm?
-- Asked by: evaluators and reviewers, before they read an estimate.
-- Read: students who were enrolled on the launch date, in the grades in which the outcome is sought. A reason that is
--   more common in one arm than in the other can bias an estimate. Empty until the school year of a launch is over.
-- Columns: outcome, school_year, arm, students, analysed, not_enrolled, no_outcome, no_baseline, share_analysed
with counted as (
    select
        outcome,
        school_year,
        arm,
        reason,
        count(*) as students
    from evaluation.eval_analytic_sample
    where membership <> 'joiner'
    group by outcome, school_year, arm, reason
)

select
    outcome,
    school_year,
    arm,
    sum(students)::integer as students,
    coalesce(sum(students) filter (where reason = 'analysed'), 0)::integer as analysed,
    coalesce(sum(students) filter (where reason = 'not enrolled in the year'), 0)::integer as not_enrolled,
    coalesce(sum(students) filter (where reason = 'no outcome'), 0)::integer as no_outcome,
    coalesce(sum(students) filter (where reason = 'no baseline'), 0)::integer as no_baseline,
    round(coalesce(sum(students) filter (where reason = 'analysed'), 0) / sum(students), 3) as share_analysed
from counted
group by outcome, school_year, arm
order by outcome, school_year, arm;
