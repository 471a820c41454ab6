-- How did Elevate's schools change against all others, in the district's public files?
-- Asked by: evaluators and the press office.
-- Read: a figure without the placebo beside it misleads; a large placebo means that the comparison measures something
--   else than the programme. Empty until the public files were loaded.
-- Columns: cohort, category, metric, pre_years, post_years, n_treated, n_comparison, did, standard_error, placebo_did,
--          placebo_standard_error, warning
select
    cohort,
    category,
    metric,
    pre_years,
    post_years,
    n_treated,
    n_comparison,
    round(did, 3) as did,
    round(standard_error, 3) as standard_error,
    round(placebo_did, 3) as placebo_did,
    round(placebo_standard_error, 3) as placebo_standard_error,
    warning
from evaluation.eval_public_did
where kind = 'main'
order by cohort, category, metric;
