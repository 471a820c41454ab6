-- Every cell of the BI tables of outcomes, before suppression: schools' and cohorts'. What of it
-- is shown is decided over all of them jointly, by the step between this layer and bi.
{{ config(schema="intermediate", materialized="table") }}
with cohort_of_school as (
    select
        school_id,
        min(cohort) as cohort
    from {{ ref("fct_cohort_membership") }}
    group by school_id
),

school as (
    select
        outcome.*,
        coalesce(cohort_of_school.cohort, 'none') as cohort
    from {{ ref("agg_school_year_outcome") }} as outcome
    left join cohort_of_school on outcome.school_id = cohort_of_school.school_id
)

select
    'school' as level,
    school_id as unit,
    cohort,
    school_year,
    outcome,
    grade_band,
    subgroup_dimension,
    subgroup,
    1 as n_schools,
    n_students,
    numerator::numeric(16, 2) as numerator,
    denominator::numeric(16, 2) as denominator,
    mean,
    sd,
    -- One value for all is everyone's value. Where pupils or days are counted, the share says it.
    coalesce(sd = 0, false) and outcome not in ('attendance_rate', 'chronic_absence') as is_uniform
from school
union all
select
    'cohort' as level,
    cohort as unit,
    cohort,
    school_year,
    outcome,
    'all' as grade_band,
    'all' as subgroup_dimension,
    'all' as subgroup,
    count(*)::integer as n_schools,
    sum(n_students)::integer as n_students,
    sum(numerator)::numeric(16, 2) as numerator,
    sum(denominator)::numeric(16, 2) as denominator,
    (sum(numerator) / sum(denominator))::numeric(12, 4) as mean,
    null as sd,
    false as is_uniform
from school
where grade_band = 'all' and subgroup_dimension = 'all'
group by cohort, school_year, outcome
