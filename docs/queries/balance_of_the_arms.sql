-- Were the arms of the study alike before the draw?
-- Asked by: evaluators and reviewers.
-- Read: the last whole school year before each school's draw, sums over sums. Compare within a block: schools were
--   drawn there. A difference of a quarter of a standard deviation or more is a warning.
-- Columns: block, outcome, schools_treatment, schools_control, mean_treatment, mean_control, difference_in_sd
with baseline as (
    select
        drawn.block,
        drawn.arm,
        outcome.*
    from marts.fct_study_assignment as drawn
    inner join marts.dim_school_year as school_year
        on school_year.last_date < drawn.randomized_on and school_year.last_date >= drawn.randomized_on - 365
    inner join marts.agg_school_year_outcome as outcome
        on
            drawn.school_id = outcome.school_id
            and school_year.school_year = outcome.school_year
            and outcome.grade_band = 'all'
            and outcome.subgroup_dimension = 'all'
    where drawn.is_current_version
)

select
    block,
    outcome,
    count(*) filter (where arm = 'treatment') as schools_treatment,
    count(*) filter (where arm = 'control') as schools_control,
    round(sum(numerator) filter (where arm = 'treatment') / sum(denominator) filter (where arm = 'treatment'), 4)
        as mean_treatment,
    round(sum(numerator) filter (where arm = 'control') / sum(denominator) filter (where arm = 'control'), 4)
        as mean_control,
    round((
        sum(numerator) filter (where arm = 'treatment') / sum(denominator) filter (where arm = 'treatment')
        - sum(numerator) filter (where arm = 'control') / sum(denominator) filter (where arm = 'control')
    ) / nullif(
        sqrt(sum(sd * sd * (n_students - 1)) / nullif(sum(n_students - 1) filter (where sd is not null), 0)), 0
    ), 3) as difference_in_sd
from baseline
group by block, outcome
order by block, outcome;
