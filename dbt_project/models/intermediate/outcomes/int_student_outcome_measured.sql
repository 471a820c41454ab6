-- One value for each student, school, school year and outcome, with what it is made of:
-- value = numerator / denominator. Grades K to 12 only, see the macro grade_band.
with attendance as (
    select
        days.student_key,
        days.school_id,
        days.school_year,
        days.days_observed,
        days.days_absent,
        described.grade_level
    from {{ ref("int_student_school_days_counted") }} as days
    inner join {{ ref("int_student_school_year_described") }} as described
        on
            days.student_key = described.student_key
            and days.school_id = described.school_id
            and days.school_year = described.school_year
    where days.days_observed > 0
),

map_growth_record as (
    select *
    from {{ ref("int_map_result_attributed") }}
    where is_growth_record and season = 'spring' and school_id is not null
),

measured as (
    select
        student_key, school_id, school_year, grade_level,
        'attendance_rate' as outcome,
        days_observed - days_absent as numerator,
        days_observed::numeric as denominator
    from attendance
    union all
    select
        student_key, school_id, school_year, grade_level,
        'chronic_absence' as outcome,
        {{ is_chronically_absent("days_absent", "days_observed") }}::integer::numeric as numerator,
        1 as denominator
    from attendance
    where {{ is_chronically_absent("days_absent", "days_observed") }} is not null
    union all
    select
        student_key, school_id, school_year, grade_level,
        'map_spring_rit_' || subject as outcome,
        rit_score as numerator,
        1 as denominator
    from map_growth_record
    union all
    select
        student_key, school_id, school_year, grade_level,
        'map_growth_fall_to_spring_' || subject as outcome,
        fall_to_spring_observed_growth as numerator,
        1 as denominator
    from map_growth_record
    where fall_to_spring_observed_growth is not null
    {%- for kind in ["freshman", "elementary"] %}
    union all
    select
        student_key, school_id, school_year, grade_level,
        '{{ kind }}_on_track' as outcome,
        is_{{ kind }}_on_track::integer::numeric as numerator,
        1 as denominator
    from {{ ref("int_student_year_on_track") }}
    where is_{{ kind }}_on_track is not null
    {%- endfor %}
    union all
    select
        student_key, school_id, school_year, grade_level,
        'suspended_out_of_school' as outcome,
        (suspensions > 0)::integer::numeric as numerator,
        1 as denominator
    from {{ ref("int_student_school_incidents_counted") }}
    union all
    select
        student_key, school_id, school_year, grade_level,
        'out_of_school_suspensions_per_100' as outcome,
        100 * suspensions as numerator,
        1 as denominator
    from {{ ref("int_student_school_incidents_counted") }}
    union all
    select
        student_key, school_id, school_year, grade_level,
        'survey_' || competency as outcome,
        sum(score) as numerator,
        count(score) as denominator
    from {{ ref("int_survey_response_scored") }}
    where score is not null
    group by student_key, school_id, school_year, grade_level, competency
)

select
    student_key,
    school_id,
    school_year,
    outcome,
    grade_level,
    coalesce({{ grade_band("grade_level") }}, 'unknown') as grade_band,
    numerator::numeric(8, 2) as numerator,
    denominator::numeric(8, 2) as denominator,
    numerator / denominator as value
from measured
where grade_level is distinct from 'PK'
