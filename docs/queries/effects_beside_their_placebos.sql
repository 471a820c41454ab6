-- What did the programme do to the students of the schools that were drawn?
-- Asked by: reviewers; the district's research office.
-- Read: each effect with its 95% interval, and beside it the same model with the baseline as its outcome, where there
--   can be no effect: a placebo that is not near zero is a warning about the estimate on its left. An outcome that
--   can't be estimated says why. p_value_adjusted counts the other tests of the domain.
-- Columns: domain, outcome, follow_up, estimate, interval_low, interval_high, p_value_adjusted, effect_size,
--   placebo_estimate, placebo_p_value, schools, remark
select
    impact.domain,
    outcome.label as outcome,
    impact.follow_up,
    round(impact.estimate, 3) as estimate,
    round(impact.interval_low, 3) as interval_low,
    round(impact.interval_high, 3) as interval_high,
    round(impact.p_value_adjusted, 3) as p_value_adjusted,
    round(impact.effect_size, 2) as effect_size,
    round(impact.placebo_estimate, 3) as placebo_estimate,
    round(impact.placebo_p_value, 3) as placebo_p_value,
    impact.n_schools_treatment + impact.n_schools_control as schools,
    coalesce(impact.not_estimable, impact.warning) as remark
from evaluation.eval_impact as impact
inner join evaluation.eval_outcome as outcome on impact.outcome = outcome.outcome
where
    impact.sample = 'assigned'
    and impact.method = 'clustered_regression'
    and impact.subgroup_dimension = 'all'
order by impact.domain, outcome.label, impact.follow_up;
