-- What: in agg_school_year_outcome the grade bands of a school, and the categories of each
--   subgroup dimension, add up to the total, in students, numerator and denominator.
-- When it matters: suppression in BI relies on it, and so does everybody who compares parts.
-- How to resolve: a category that is null somewhere must be 'unknown', see the macro
--   subgroup_dimensions and agg_school_year_outcome.
with line as (
    select
        school_id, school_year, outcome,
        case when grade_band <> 'all' then 'grade_band' else subgroup_dimension end as breakdown,
        n_students, numerator, denominator
    from {{ ref("agg_school_year_outcome") }}
    where grade_band = 'all' or subgroup_dimension = 'all'
),

total as (
    select * from line
    where breakdown = 'all'
),

parts as (
    select
        school_id, school_year, outcome, breakdown,
        sum(n_students) as n_students,
        sum(numerator) as numerator,
        sum(denominator) as denominator
    from line
    where breakdown <> 'all'
    group by school_id, school_year, outcome, breakdown
)

select parts.*
from parts
left join total
    on
        parts.school_id = total.school_id
        and parts.school_year = total.school_year
        and parts.outcome = total.outcome
where
    (parts.n_students, parts.numerator, parts.denominator)
    is distinct from (total.n_students, total.numerator, total.denominator)
