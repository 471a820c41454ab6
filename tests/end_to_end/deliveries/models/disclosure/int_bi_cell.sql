-- There is no outcome of pupils here, hence nothing of which small cells would be withheld.
{{ config(schema="intermediate", materialized="table") }}
select
    null::text as level,
    null::text as unit,
    null::text as cohort,
    null::integer as school_year,
    null::text as outcome,
    null::text as grade_band,
    null::text as subgroup_dimension,
    null::text as subgroup,
    null::integer as n_schools,
    null::integer as n_students,
    null::numeric(16, 2) as numerator,
    null::numeric(16, 2) as denominator,
    null::numeric(12, 4) as mean,
    null::numeric(12, 4) as sd,
    null::boolean as is_uniform
where false
