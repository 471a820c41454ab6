-- Students of grades 3 to 9 with what on-track is made of, student x school year, from all the
-- schools of the year; and why it is not measured, if so. Each grade has one definition.
with marks as (
    select
        student_key,
        school_year,
        {%- for subject in ["reading", "math"] %}
        count(points) filter (where subject = '{{ subject }}') as {{ subject }}_marks,
        coalesce(sum(points) filter (where subject = '{{ subject }}'), 0) as {{ subject }}_points,
        {%- endfor %}
        coalesce(sum(credits_earned), 0) as credits_earned,
        coalesce(sum(credits) filter (where is_open), 0) as credits_open,
        count(*) filter (where is_core and mark = 'F') as core_semester_fs,
        count(*) filter (where is_core and is_open) as core_open,
        count(*) filter (where is_open) as marks_open,
        count(distinct term) as terms_marked
    from {{ ref("int_course_mark_rated") }}
    group by student_key, school_year
),

days as (
    select
        student_key,
        school_year,
        sum(days_observed) as days_observed,
        sum(days_absent) as days_absent
    from {{ ref("int_student_school_days_counted") }}
    group by student_key, school_year
),

incidents as (
    select
        student_key,
        school_year,
        sum(incidents) as incidents
    from {{ ref("int_student_school_incidents_counted") }}
    group by student_key, school_year
),

described as (
    select
        last.*,
        case when last.grade_level = '9' then 'freshman' else 'elementary' end as definition,
        row_number() over (
            partition by last.student_key, last.grade_level order by last.school_year
        ) > 1 as is_repeated,
        {%- for column in [
            "reading_marks", "reading_points", "math_marks", "math_points", "credits_earned", "credits_open",
            "core_semester_fs", "core_open", "marks_open", "terms_marked"
        ] %}
        coalesce(marks.{{ column }}, 0) as {{ column }},
        {%- endfor %}
        coalesce(days.days_observed, 0) as days_observed,
        coalesce(days.days_absent, 0) as days_absent,
        incidents.incidents
    from {{ ref("int_student_year_enrolled_last") }} as last
    left join marks on last.student_key = marks.student_key and last.school_year = marks.school_year
    left join days on last.student_key = days.student_key and last.school_year = days.school_year
    left join incidents on last.student_key = incidents.student_key and last.school_year = incidents.school_year
    where last.grade_level in ('3', '4', '5', '6', '7', '8', '9')
),

judged as (
    select
        *,
        case
            when not is_over then 'year_not_over'
            when ending = 'left' then 'left'
            when definition = 'freshman' and is_repeated then 'repeats_grade_9'
            when definition = 'freshman' and ending = 'dropped_out' then null
            when terms_marked < 2 then 'marks_missing'
            when definition = 'elementary' and marks_open > 0 then 'open_marks'
            when definition = 'elementary' and (reading_marks = 0 or math_marks = 0) then 'marks_missing'
            when definition = 'elementary' and days_observed = 0 then 'attendance_unknown'
            when definition = 'elementary' and incidents is null then 'incidents_unknown'
        end as reason
    from described
),

measured as (
    select
        *,
        case
            when definition <> 'freshman' or reason is not null then null
            when ending = 'dropped_out' then false
            else {{ is_freshman_on_track("credits_earned", "credits_open", "core_semester_fs", "core_open") }}
        end as is_freshman_on_track,
        case
            when definition = 'elementary' and reason is null
                then {{ is_elementary_on_track(
                    "reading_points", "reading_marks", "math_points", "math_marks",
                    "days_absent", "days_observed", "incidents"
                ) }}
        end as is_elementary_on_track
    from judged
)

select
    measured.*,
    case
        when coalesce(measured.is_freshman_on_track, measured.is_elementary_on_track) is null
            then coalesce(measured.reason, 'open_marks')
    end as not_measured_reason
from measured
