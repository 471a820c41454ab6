-- Which public comparisons would also find something where nothing can be?
-- Asked by: evaluators, before they quote one.
-- Read: the placebo is the same comparison in years before the programme. Above 2 standard errors it has a trend of its
--   own, and the comparison is worth nothing. Empty until the public files were loaded.
-- Columns: cohort, category, metric, did_in_se, placebo_in_se, fails
select
    cohort,
    category,
    metric,
    round(did / nullif(standard_error, 0), 2) as did_in_se,
    round(placebo_did / nullif(placebo_standard_error, 0), 2) as placebo_in_se,
    abs(placebo_did) > 2 * placebo_standard_error as fails
from evaluation.eval_public_did
where placebo_did is not null
order by abs(placebo_did / nullif(placebo_standard_error, 0)) desc nulls last, cohort, category, metric;
