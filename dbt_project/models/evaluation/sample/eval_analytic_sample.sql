-- Who of the study has which outcome, and why not. Reads published marts only.
with year as (
    select
        school_year,
        last_instructional_date
    from {{ ref("dim_school_year") }}
    where {{ course_marks_due_on("last_instructional_date") }} <= {{ night() }}
),

school as (
    select
        assignment.*,
        baseline.school_year as baseline_school_year
    from {{ ref("fct_study_assignment") }} as assignment
    left join lateral (
        select max(before.school_year) as school_year
        from {{ ref("dim_school_year") }} as before
        where before.last_date < assignment.launch_date
    ) as baseline on true
    where assignment.is_current_version and assignment.launch_date <= {{ night() }}
),

spell as (
    select
        school.*,
        enrollment.student_key,
        enrollment.school_year,
        enrollment.entry_date,
        enrollment.exit_date,
        enrollment.grade_level,
        enrollment.low_income,
        enrollment.english_learner,
        enrollment.special_education,
        enrollment.school_year = school.launch_school_year
        and {{ spell_covers("school.launch_date", "enrollment.entry_date", "enrollment.exit_date") }}
            as is_at_launch
    from school
    inner join {{ ref("fct_enrollment") }} as enrollment
        on school.school_id = enrollment.school_id and school.launch_school_year <= enrollment.school_year
    where enrollment.is_counted
),

-- One school a student: that of the launch, of two the first draw's, then the later entered;
-- else the first one that was entered after its launch.
assigned as (
    select distinct on (study, student_key) *
    from spell
    where is_at_launch or entry_date > launch_date
    order by
        study, student_key, is_at_launch desc,
        case when is_at_launch then randomized_on end,
        case when is_at_launch then entry_date end desc,
        entry_date, school_id
),

grade_of_year as (
    select distinct on (enrollment.student_key, enrollment.school_year)
        enrollment.student_key,
        enrollment.school_year,
        enrollment.grade_level
    from {{ ref("fct_enrollment") }} as enrollment
    where enrollment.is_counted and enrollment.student_key in (select assigned.student_key from assigned)
    order by enrollment.student_key, enrollment.school_year, enrollment.entry_date, enrollment.school_id
),

there_at_the_end as (
    select distinct
        spell.student_key,
        spell.school_id,
        spell.school_year
    from spell
    inner join year on spell.school_year = year.school_year
    where {{ spell_covers("year.last_instructional_date", "spell.entry_date", "spell.exit_date") }}
),

student_year as (
    select
        assigned.study,
        assigned.roster_version,
        assigned.student_key,
        year.school_year,
        assigned.school_id,
        assigned.arm,
        assigned.block,
        assigned.cohort,
        assigned.launch_date,
        year.school_year - assigned.launch_school_year as years_since_launch,
        assigned.baseline_school_year,
        case
            when not assigned.is_at_launch then 'joiner'
            when there_at_the_end.student_key is null then 'leaver'
            else 'stayer'
        end as membership,
        there_at_the_end.student_key is not null as is_at_school,
        grade_of_year.student_key is not null as is_enrolled,
        coalesce(
            grade_of_year.grade_level,
            {{ grade_after("assigned.grade_level", "year.school_year - assigned.school_year") }}
        ) as grade_level,
        -- Frozen: as of the spell that covers the launch, for those who were there.
        case when assigned.is_at_launch then assigned.entry_date end as covariates_as_of,
        case when assigned.is_at_launch then assigned.grade_level end as grade_level_at_launch,
        {%- for flag in ["low_income", "english_learner", "special_education"] %}
        case when assigned.is_at_launch then assigned.{{ flag }} end as {{ flag }}{{ "," if not loop.last }}
        {%- endfor %}
    from assigned
    inner join year on assigned.school_year <= year.school_year
    left join grade_of_year
        on assigned.student_key = grade_of_year.student_key and year.school_year = grade_of_year.school_year
    left join there_at_the_end
        on
            assigned.student_key = there_at_the_end.student_key
            and assigned.school_id = there_at_the_end.school_id
            and year.school_year = there_at_the_end.school_year
),

-- Left joins: no roster decides which outcomes there are.
possible as (
    select
        student_year.*,
        outcome.outcome,
        measured.value,
        coalesce(measured.grade_level, student_year.grade_level) as outcome_grade_level,
        baseline.value as baseline_value,
        attendance.value as baseline_attendance_rate
    from student_year
    cross join {{ ref("eval_outcome") }} as outcome
    left join {{ ref("fct_study_student_outcome") }} as measured
        on
            student_year.student_key = measured.student_key
            and student_year.school_year = measured.school_year
            and outcome.outcome = measured.outcome
    left join {{ ref("fct_study_student_outcome") }} as baseline
        on
            student_year.student_key = baseline.student_key
            and student_year.baseline_school_year = baseline.school_year
            and outcome.baseline_outcome = baseline.outcome
    left join {{ ref("fct_study_student_outcome") }} as attendance
        on
            student_year.student_key = attendance.student_key
            and student_year.baseline_school_year = attendance.school_year
            and attendance.outcome = 'attendance_rate'
),

-- What nearly nobody of a grade has, or has a baseline of, was never to be measured there: it
-- is no attrition. Of both arms together, so that no arm decides.
sought as (
    select
        study,
        cohort,
        outcome,
        school_year,
        grade_level
    from possible
    where membership <> 'joiner'
    group by study, cohort, outcome, school_year, grade_level
    having least(count(value), count(baseline_value)) >= {{ var("sought_outcome_share") }} * count(*)
),

judged as (
    select
        possible.*,
        student.gender,
        student.race_ethnicity,
        case
            when possible.membership = 'joiner' then 'joined after the launch'
            when possible.value is null and not possible.is_enrolled then 'not enrolled in the year'
            when possible.value is null then 'no outcome'
            when possible.baseline_value is null then 'no baseline'
            else 'analysed'
        end as reason
    from possible
    inner join sought
        on
            possible.study = sought.study
            and possible.cohort = sought.cohort
            and possible.outcome = sought.outcome
            and possible.school_year = sought.school_year
            and possible.grade_level = sought.grade_level
    left join {{ ref("dim_student") }} as student on possible.student_key = student.student_key
    where possible.membership <> 'joiner' or possible.value is not null
)

select
    study,
    roster_version,
    student_key,
    outcome,
    school_year,
    school_id,
    arm,
    block,
    cohort,
    launch_date,
    years_since_launch,
    membership,
    is_at_school,
    covariates_as_of,
    grade_level_at_launch,
    gender,
    race_ethnicity,
    low_income,
    english_learner,
    special_education,
    baseline_school_year,
    baseline_value,
    baseline_attendance_rate,
    outcome_grade_level as grade_level,
    coalesce({{ grade_band("outcome_grade_level") }}, 'unknown') as grade_band,
    value,
    reason = 'analysed' as is_analysed,
    reason
from judged
