{%- set figures = [
    'treated_pre', 'treated_post', 'comparison_pre', 'comparison_post', 'did', 'standard_error'
] -%}

with comparison as (
    select
        *,
        row_number() over (order by cohort, category, metric, pre_years, post_years) as comparison_id,
        string_to_array(pre_years, ' ')::integer[] as pre,
        string_to_array(post_years, ' ')::integer[] as post,
        -- The workbooks hold three years and give no placebo of their own.
        case metric
            when 'attendance_sqrp' then 'attendance_pr'
            when 'attain38_read' then 'attain28_read'
            when 'attain38_math' then 'attain28_math'
        end as kindred_metric
    from {{ ref("dim_public_comparison") }}
),

-- Balanced: only schools with a value in every year of the comparison.
school as (
    select
        comparison.comparison_id,
        panel.is_treated,
        avg(panel.value) filter (where panel.school_year = any(comparison.pre)) as pre,
        avg(panel.value) filter (where panel.school_year = any(comparison.post)) as post
    from comparison
    inner join {{ ref("eval_public_panel") }} as panel
        on
            comparison.metric = panel.metric
            and comparison.category = panel.category
            and panel.school_year = any(comparison.pre || comparison.post)
            and (comparison.cohort = panel.cohort or panel.is_comparison_eligible)
    group by
        comparison.comparison_id, comparison.pre, comparison.post,
        panel.school_id, panel.is_treated
    having count(*) = cardinality(comparison.pre || comparison.post)
),

-- Unweighted. The variance of one school is null, and so is the error that rests on it.
arm as (
    select
        comparison_id,
        is_treated,
        count(*) as n,
        avg(pre) as pre,
        avg(post) as post,
        avg(post - pre) as change,
        var_samp(post - pre) as variance
    from school
    group by comparison_id, is_treated
),

estimate as (
    select
        comparison.*,
        coalesce(treated.n, 0)::integer as n_treated,
        coalesce(other.n, 0)::integer as n_comparison,
        treated.pre as treated_pre,
        treated.post as treated_post,
        other.pre as comparison_pre,
        other.post as comparison_post,
        treated.change - other.change as did,
        -- Welch: each group has a variance of its own.
        sqrt(treated.variance / treated.n + other.variance / other.n) as standard_error
    from comparison
    left join arm as treated
        on comparison.comparison_id = treated.comparison_id and treated.is_treated
    left join arm as other
        on comparison.comparison_id = other.comparison_id and not other.is_treated
)

select
    estimate.cohort,
    estimate.category,
    estimate.metric,
    estimate.pre_years,
    estimate.post_years,
    estimate.kind,
    estimate.n_treated,
    estimate.n_comparison,
    {% for figure in figures -%}
    estimate.{{ figure }}::numeric(12, 6) as {{ figure }},
    {% endfor -%}
    estimate.note,
    placebo.metric as placebo_metric,
    placebo.pre_years as placebo_pre_years,
    placebo.post_years as placebo_post_years,
    placebo.did::numeric(12, 6) as placebo_did,
    placebo.standard_error::numeric(12, 6) as placebo_standard_error,
    nullif(concat_ws(
        '; ',
        case
            when estimate.n_treated = 0 then 'no treated school has a value in every year'
            when estimate.n_treated = 1 then 'n = 1: one treated school, no standard error'
            when estimate.n_treated = 2 then 'n = 2: the standard error rests on two treated schools'
        end,
        case
            when estimate.kind <> 'placebo' and placebo.did is null
                then 'no placebo: nothing says whether these schools moved alike before the launch'
        end,
        case when placebo.metric <> estimate.metric then 'the placebo is of another metric' end,
        case
            when abs(placebo.did) > 2 * placebo.standard_error
                then 'the placebo is not near zero: these schools moved apart before the launch'
        end
    ), '') as warning
from estimate
left join lateral (
    -- Of several placebos the one nearest to the launch.
    select candidate.*
    from estimate as candidate
    where
        estimate.kind <> 'placebo'
        and candidate.kind = 'placebo'
        and candidate.cohort = estimate.cohort
        and candidate.category = estimate.category
        and candidate.metric in (estimate.metric, estimate.kindred_metric)
    order by candidate.metric = estimate.metric desc, candidate.post_years desc, candidate.pre_years desc
    limit 1
) as placebo on true
