with cohort_of_school as (
    select
        school_id,
        min(cohort) as cohort,
        min(launch_date) as launch_date
    from {{ ref("fct_cohort_membership") }}
    group by school_id
),

total as (
    select
        coalesce(cohort_of_school.cohort, 'none') as cohort,
        min({{ school_year_of("cohort_of_school.launch_date") }}) as launch_school_year,
        outcome.school_year,
        outcome.outcome,
        count(*)::integer as n_schools,
        sum(outcome.n_students)::integer as n_students,
        sum(outcome.numerator) as numerator,
        sum(outcome.denominator) as denominator
    from {{ ref("agg_school_year_outcome") }} as outcome
    left join cohort_of_school on outcome.school_id = cohort_of_school.school_id
    where outcome.grade_band = 'all' and outcome.subgroup_dimension = 'all'
    group by coalesce(cohort_of_school.cohort, 'none'), outcome.school_year, outcome.outcome
),

judged as (
    -- No total over cohorts is published, so a small cohort can't be got back from one.
    select
        *,
        n_students < {{ var("small_cell_threshold") }} as is_suppressed
    from total
)

select
    cohort,
    school_year,
    {{ school_year_label("school_year") }} as school_year_label,
    school_year - launch_school_year as years_since_launch,
    outcome,
    is_suppressed,
    n_schools,
    case when not is_suppressed then n_students end as n_students,
    case when not is_suppressed then numerator end as numerator,
    case when not is_suppressed then denominator end as denominator,
    case when not is_suppressed then (numerator / denominator)::numeric(12, 4) end as mean
from judged
