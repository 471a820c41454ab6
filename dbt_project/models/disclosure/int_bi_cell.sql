-- Every cell of the BI tables of outcomes, before suppression: schools' and cohorts'. What of it
-- is shown is decided over all of them jointly, by the step between this layer and bi.
{{ config(schema="intermediate", materialized="table") }}
with school as (
    select
        outcome.*,
        coalesce(joined.cohort, 'none') as cohort
    from {{ ref("agg_school_year_outcome") }} as outcome
    left join {{ ref("int_school_joined") }} as joined on outcome.school_id = joined.school_id
),

-- A group without anybody in one outcome, and with somebody in another of the same family, has a
-- row as well: that it is missing would tell that it is empty, and so what the others are.
empty as (
    select
        grid.school_id, grid.cohort, grid.school_year, outcome.outcome,
        grid.grade_band, grid.subgroup_dimension, grid.subgroup
    from (
        select distinct
            school_id, cohort, school_year, {{ outcome_family("outcome") }} as family,
            grade_band, subgroup_dimension, subgroup
        from school
    ) as grid
    inner join (
        select distinct
            school_id, school_year, {{ outcome_family("outcome") }} as family, outcome
        from school
    ) as outcome
        on
            grid.school_id = outcome.school_id
            and grid.school_year = outcome.school_year
            and grid.family = outcome.family
    left join school as present
        on
            grid.school_id = present.school_id
            and grid.school_year = present.school_year
            and outcome.outcome = present.outcome
            and grid.grade_band = present.grade_band
            and grid.subgroup_dimension = present.subgroup_dimension
            and grid.subgroup = present.subgroup
    where present.school_id is null
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
    coalesce(sd = 0, false) and (outcome like 'map%' or outcome like 'survey%') as is_uniform
from school
union all
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
    0 as n_students,
    0::numeric(16, 2) as numerator,
    0::numeric(16, 2) as denominator,
    null::numeric(12, 4) as mean,
    null::numeric(12, 4) as sd,
    false as is_uniform
from empty
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
    null::numeric(12, 4) as sd,
    false as is_uniform
from school
where grade_band = 'all' and subgroup_dimension = 'all'
group by cohort, school_year, outcome
