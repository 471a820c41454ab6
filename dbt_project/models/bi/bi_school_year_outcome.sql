-- Two published totals could give a small cell back: a school's total (less its other
-- categories) and a cohort's total (less its other schools). Both lines are protected; where
-- a school's total is suppressed, so is everything of that school, year and outcome.
with cohort_of_school as (
    select distinct school_id, cohort
    from {{ ref("fct_cohort_membership") }}
),

cell as (
    select
        outcome.school_id,
        coalesce(cohort_of_school.cohort, 'none') as cohort,
        outcome.school_year,
        outcome.outcome,
        case
            when outcome.grade_band <> 'all' then 'grade_band'
            else outcome.subgroup_dimension
        end as breakdown,
        case
            when outcome.grade_band <> 'all' then outcome.grade_band
            else outcome.subgroup
        end as category,
        outcome.n_students,
        outcome.numerator,
        outcome.denominator,
        outcome.mean,
        outcome.sd
    from {{ ref("agg_school_year_outcome") }} as outcome
    left join cohort_of_school on outcome.school_id = cohort_of_school.school_id
    -- One breakdown at a time: crossed cells would need protection in two directions at once.
    where outcome.grade_band = 'all' or outcome.subgroup_dimension = 'all'
),

total as (
    select * from cell
    where breakdown = 'all'
),

part as (
    select * from cell
    where breakdown <> 'all'
),

flagged_total as (
    {{ flag_small_cells("total", ["cohort", "school_year", "outcome"], ["school_id"]) }}
),

flagged_part as (
    {{ flag_small_cells("part", ["school_id", "school_year", "outcome", "breakdown"], ["category"]) }}
),

flagged as (
    select *
    from flagged_total
    union all
    select *
    from flagged_part
),

judged as (
    select
        flagged.*,
        bool_or(flagged.is_suppressed and flagged.breakdown = 'all') over (
            partition by flagged.school_id, flagged.school_year, flagged.outcome
        ) or flagged.is_suppressed as is_hidden
    from flagged
)

select
    judged.school_id,
    school.short_name as school_name,
    school.school_category,
    judged.cohort,
    judged.school_year,
    {{ school_year_label("judged.school_year") }} as school_year_label,
    judged.outcome,
    judged.breakdown,
    judged.category,
    judged.is_hidden as is_suppressed,
    case when not judged.is_hidden then judged.n_students end as n_students,
    case when not judged.is_hidden then judged.numerator end as numerator,
    case when not judged.is_hidden then judged.denominator end as denominator,
    case when not judged.is_hidden then judged.mean end as mean,
    case when not judged.is_hidden then judged.sd end as sd
from judged
left join {{ ref("dim_school") }} as school
    on judged.school_id = school.school_id and school.is_current
