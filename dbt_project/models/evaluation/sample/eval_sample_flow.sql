-- From the draw to a score and into the analysis, by arm and school year. Reads published marts only.
with assignment as (
    select
        *,
        {{ school_year_of("randomized_on") }} as first_school_year
    from {{ ref("fct_study_assignment") }}
    where is_current_version
),

year as (
    select
        school_year,
        least(last_instructional_date, {{ night() }}) as as_of_date
    from {{ ref("dim_school_year") }}
    where first_date <= {{ night() }}
),

randomized as (
    select
        assignment.study,
        assignment.roster_version,
        assignment.arm,
        assignment.school_id,
        assignment.participated,
        year.school_year,
        year.as_of_date
    from assignment
    inner join year on assignment.first_school_year <= year.school_year
),

pupil as (
    select
        enrollment.student_key,
        enrollment.school_id,
        enrollment.school_year,
        bool_or({{ spell_covers("year.as_of_date", "enrollment.entry_date", "enrollment.exit_date") }})
            as is_enrolled
    from {{ ref("fct_enrollment") }} as enrollment
    inner join year on enrollment.school_year = year.school_year
    where enrollment.is_counted
    group by enrollment.student_key, enrollment.school_id, enrollment.school_year
),

tested as (
    select distinct student_key, school_id, school_year
    from {{ ref("fct_assessment_result") }}
    where measure = 'rit' and season = 'spring' and is_growth_record
),

-- One row for each school and pupil (one without pupil for a school that has none).
reached as (
    select
        randomized.*,
        pupil.student_key,
        coalesce(pupil.is_enrolled, false) as is_enrolled,
        tested.student_key is not null as is_tested
    from randomized
    left join pupil
        on randomized.school_id = pupil.school_id and randomized.school_year = pupil.school_year
    left join tested
        on
            pupil.student_key = tested.student_key
            and pupil.school_id = tested.school_id
            and pupil.school_year = tested.school_year
),

step as (
    select *
    from (
        values
        (1, 'randomized'),
        (2, 'participating'),
        (3, 'enrolled'),
        (4, 'tested')
    ) as steps (step_number, step)
),

kept as (
    select
        reached.*,
        step.step_number,
        step.step,
        case step.step_number
            when 1 then true
            when 2 then reached.participated
            when 3 then reached.participated and reached.is_enrolled
            when 4 then reached.participated and reached.is_enrolled and reached.is_tested
        end as is_kept
    from reached
    cross join step
),

-- Not a part of those tested at the school: by intention to treat it follows who was there at
-- the launch.
analysed as (
    select
        study,
        arm,
        school_year,
        count(distinct school_id) as schools,
        count(distinct student_key) as students
    from {{ ref("eval_analytic_sample") }}
    where is_analysed
    group by study, arm, school_year
)

select
    study,
    roster_version,
    arm,
    school_year,
    step_number,
    step,
    max(as_of_date) as as_of_date,
    count(distinct school_id) filter (where is_kept)::integer as schools,
    count(distinct student_key) filter (where is_kept)::integer as students
from kept
group by study, roster_version, arm, school_year, step_number, step
union all
select distinct
    randomized.study,
    randomized.roster_version,
    randomized.arm,
    randomized.school_year,
    5 as step_number,
    'analysed' as step,
    randomized.as_of_date,
    coalesce(analysed.schools, 0)::integer as schools,
    coalesce(analysed.students, 0)::integer as students
from randomized
left join analysed
    on
        randomized.study = analysed.study
        and randomized.arm = analysed.arm
        and randomized.school_year = analysed.school_year
