-- What: a school's outcomes on track, of suspensions and of the survey are what its facts say:
--   as many students, and the same sums.
-- When it matters: the outcomes are made from intermediate models, readers check them against
--   the facts; a subgroup join that doubles a student would show here.
-- How to resolve: look at int_student_outcome_measured and agg_school_year_outcome.
with outcome as (
    select school_id, school_year, outcome, n_students, numerator
    from {{ ref("agg_school_year_outcome") }}
    where grade_band = 'all' and subgroup_dimension = 'all'
),

fact as (
    {%- for kind in ["freshman", "elementary"] %}
    select
        school_id,
        school_year,
        '{{ kind }}_on_track' as outcome,
        count(is_{{ kind }}_on_track) as n_students,
        count(*) filter (where is_{{ kind }}_on_track) as numerator
    from {{ ref("agg_student_year_on_track") }}
    where is_{{ kind }}_on_track is not null
    group by school_id, school_year
    union all
    {%- endfor %}
    select
        school_id,
        school_year,
        'survey_' || competency as outcome,
        count(distinct student_key) as n_students,
        sum(score) as numerator
    from {{ ref("fct_survey_response") }}
    where score is not null and grade_level is distinct from 'PK'
    group by school_id, school_year, competency
),

suspended as (
    select
        school_id,
        school_year,
        100 * count(*) as numerator
    from {{ ref("fct_behaviour_incident") }}
    where is_suspended_out_of_school and grade_level <> 'PK'
    group by school_id, school_year
)

select outcome, school_id, school_year
from fact
full join (
    select * from outcome
    where outcome like 'survey\_%' or outcome like '%\_on\_track'
) as shown using (outcome, school_id, school_year)
where (fact.n_students, fact.numerator) is distinct from (shown.n_students, shown.numerator)
union all
select 'out_of_school_suspensions_per_100' as outcome, school_id, school_year
from suspended
full join (
    select * from outcome
    where outcome = 'out_of_school_suspensions_per_100'
) as shown using (school_id, school_year)
where coalesce(suspended.numerator, 0) is distinct from shown.numerator
