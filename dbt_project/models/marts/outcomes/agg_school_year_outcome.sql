{{ config(indexes=[{"columns": ["grade_band", "subgroup_dimension", "outcome", "school_id", "school_year"]}]) }}

{%- set dimensions = subgroup_dimensions() -%}
with described as (
    select
        measured.school_id,
        measured.school_year,
        measured.outcome,
        measured.grade_band,
        measured.value,
        measured.numerator,
        measured.denominator,
        coalesce(student.gender, 'unknown') as gender,
        coalesce(student.race_ethnicity, 'unknown') as race_ethnicity,
        {{ yes_no("described.low_income") }} as low_income,
        {{ yes_no("described.english_learner") }} as english_learner,
        {{ yes_no("described.special_education") }} as special_education
    from {{ ref("int_student_outcome_measured") }} as measured
    -- Left joins: a tested pupil without an enrolment is 'unknown', not gone.
    left join {{ ref("dim_student") }} as student on measured.student_key = student.student_key
    left join {{ ref("int_student_school_year_described") }} as described
        on
            measured.student_key = described.student_key
            and measured.school_id = described.school_id
            and measured.school_year = described.school_year
)

select
    school_id,
    school_year,
    outcome,
    coalesce(grade_band, 'all') as grade_band,
    case
        {%- for dimension in dimensions %}
        when grouping({{ dimension }}) = 0 then '{{ dimension }}'
        {%- endfor %}
        else 'all'
    end as subgroup_dimension,
    coalesce({{ dimensions | join(", ") }}, 'all') as subgroup,
    count(*)::integer as n_students,
    sum(numerator)::numeric(14, 2) as numerator,
    sum(denominator)::numeric(14, 2) as denominator,
    (sum(numerator) / sum(denominator))::numeric(12, 4) as mean,
    stddev_samp(value)::numeric(12, 4) as sd
from described
group by grouping sets (
    (school_id, school_year, outcome),
    (school_id, school_year, outcome, grade_band)
    {%- for dimension in dimensions %},
    (school_id, school_year, outcome, {{ dimension }}),
    (school_id, school_year, outcome, grade_band, {{ dimension }})
    {%- endfor %}
)
