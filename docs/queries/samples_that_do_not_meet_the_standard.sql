-- Which analytic samples would a reviewer not accept as they are, and why?
-- Asked by: reviewers for the What Works Clearinghouse.
-- Read: attrition of students by the cautious boundary, and the baselines of those who are analysed: above .25 standard
--   deviations no adjustment will do, above .05 the model must adjust, as that of eval_impact does. low and satisfied
--   for all is what one hopes for.
-- Columns: outcome, follow_up, overall_attrition, differential_attrition, cautious, baseline_effect_size,
--   baseline_verdict, covariates_that_fail
select
    outcome.label as outcome,
    lost.follow_up,
    round(lost.overall, 1) as overall_attrition,
    round(lost.differential, 1) as differential_attrition,
    lost.cautious,
    round(max(alike.effect_size) filter (where alike.covariate = 'baseline ' || outcome.baseline_outcome), 2)
        as baseline_effect_size,
    max(alike.verdict) filter (where alike.covariate = 'baseline ' || outcome.baseline_outcome) as baseline_verdict,
    string_agg(alike.covariate, ', ' order by alike.covariate) filter (where alike.verdict = 'fails')
        as covariates_that_fail
from evaluation.eval_attrition as lost
inner join evaluation.eval_outcome as outcome on lost.outcome = outcome.outcome
left join evaluation.eval_baseline_equivalence as alike
    on
        lost.study = alike.study
        and lost.outcome = alike.outcome
        and lost.follow_up = alike.follow_up
where lost.level = 'students'
group by outcome.label, lost.outcome, lost.follow_up, lost.overall, lost.differential, lost.cautious
order by outcome.label, lost.follow_up;
