-- Do the ways of estimating an effect agree?
-- Asked by: reviewers and econometricians.
-- Read: effect sizes in standard deviations of students. The regression and the draw anew rest on the lot; everybody
--   enrolled counts who came later; the programme's panel compares all launched elementary schools with schools that
--   never launched, without a lot. Where they differ, the first stands and the others say how much depends on it.
-- Columns: outcome, follow_up, by_regression, p_by_regression, p_by_draws, of_everybody_enrolled, of_all_launched,
--   all_launched_moved_apart_before
select
    outcome.label as outcome,
    regression.follow_up,
    round(regression.effect_size, 3) as by_regression,
    round(regression.p_value, 3) as p_by_regression,
    round(draws.p_value, 3) as p_by_draws,
    round(enrolled.effect_size, 3) as of_everybody_enrolled,
    round(launched.effect_size, 3) as of_all_launched,
    coalesce(launched.warning like '%moved apart%', false) as all_launched_moved_apart_before
from evaluation.eval_impact as regression
inner join evaluation.eval_outcome as outcome on regression.outcome = outcome.outcome
left join evaluation.eval_impact as draws
    on
        regression.study = draws.study
        and regression.outcome = draws.outcome
        and regression.follow_up = draws.follow_up
        and draws.method = 'randomization_inference'
left join evaluation.eval_impact as enrolled
    on
        regression.study = enrolled.study
        and regression.outcome = enrolled.outcome
        and regression.follow_up = enrolled.follow_up
        and enrolled.sample = 'enrolled'
left join evaluation.eval_impact as launched
    on
        regression.outcome = launched.outcome
        and launched.sample = 'programme'
        and launched.subgroup = 'ES'
where
    regression.sample = 'assigned'
    and regression.method = 'clustered_regression'
    and regression.subgroup_dimension = 'all'
order by outcome.label, regression.follow_up;
