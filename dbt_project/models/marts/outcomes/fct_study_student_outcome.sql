with evaluated (outcome, is_binary) as (
    values
    {%- for one in evaluated_outcomes() %}
    ('{{ one.outcome }}', {{ (one.scale == "binary") | lower }}){{ "," if not loop.last }}
    {%- endfor %}
),

student as (
    select distinct enrollment.student_key
    from {{ ref("fct_study_assignment") }} as assignment
    inner join {{ ref("fct_enrollment") }} as enrollment
        on
            assignment.school_id = enrollment.school_id
            and enrollment.school_year >= {{ school_year_of("assignment.randomized_on") }}
    where enrollment.is_counted
),

measured as (
    select
        measured.student_key,
        measured.school_year,
        measured.outcome,
        evaluated.is_binary,
        measured.school_id,
        measured.grade_level,
        measured.numerator,
        measured.denominator,
        coalesce(measured.school_id = last.school_id, false) as is_last
    from {{ ref("int_student_outcome_measured") }} as measured
    inner join student on measured.student_key = student.student_key
    inner join evaluated on measured.outcome = evaluated.outcome
    left join {{ ref("int_student_year_enrolled_last") }} as last
        on measured.student_key = last.student_key and measured.school_year = last.school_year
    -- Chronic absence is made below, from the days of all schools together.
    where measured.outcome <> 'chronic_absence'
),

-- Over the schools of a year: sum over sum; what is a yes at one of them is a yes.
over_schools as (
    select
        student_key,
        school_year,
        outcome,
        (array_agg(school_id order by denominator desc, is_last desc, school_id))[1] as school_id,
        (array_agg(grade_level order by denominator desc, is_last desc, school_id))[1] as grade_level,
        count(*) as n_schools,
        case when is_binary then max(numerator) else sum(numerator) end as numerator,
        case when is_binary then 1 else sum(denominator) end as denominator
    from measured
    group by student_key, school_year, outcome, is_binary
),

-- A day at two schools is one day.
attendance as (
    select
        over_schools.student_key,
        over_schools.school_year,
        over_schools.school_id,
        over_schools.grade_level,
        over_schools.n_schools,
        days.days_observed,
        days.days_absent,
        days.is_chronically_absent
    from over_schools
    inner join {{ ref("agg_student_year_attendance_all_schools") }} as days
        on over_schools.student_key = days.student_key and over_schools.school_year = days.school_year
    where over_schools.outcome = 'attendance_rate'
),

one as (
    select student_key, school_year, outcome, school_id, grade_level, n_schools, numerator, denominator
    from over_schools
    where outcome <> 'attendance_rate'
    union all
    select
        student_key, school_year, 'attendance_rate' as outcome, school_id, grade_level, n_schools,
        days_observed - days_absent as numerator, days_observed as denominator
    from attendance
    union all
    select
        student_key, school_year, 'chronic_absence' as outcome, school_id, grade_level, n_schools,
        is_chronically_absent::integer as numerator, 1 as denominator
    from attendance
    where is_chronically_absent is not null
)

select
    student_key,
    school_year,
    outcome,
    school_id,
    grade_level,
    coalesce({{ grade_band("grade_level") }}, 'unknown') as grade_band,
    n_schools::integer as n_schools,
    numerator::numeric(10, 2) as numerator,
    denominator::numeric(10, 2) as denominator,
    (numerator / denominator)::numeric(12, 6) as value
from one
