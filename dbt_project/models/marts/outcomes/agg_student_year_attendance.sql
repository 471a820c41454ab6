-- In the order of schools, so that readers of one school find its rows side by side.
{{ config(indexes=[{"columns": ["school_id", "school_year"]}]) }}

select
    days.student_key,
    days.school_id,
    days.school_year,
    described.grade_level,
    described.grade_band,
    days.days_enrolled,
    days.days_observed,
    days.days_enrolled - days.days_observed as days_unknown,
    days.days_absent,
    days.days_absent_unexcused,
    days.days_absent_excused,
    days.days_absent_suspension,
    days.days_absent_medical,
    {{ attendance_rate("days.days_absent", "days.days_observed") }} as attendance_rate,
    {{ is_chronically_absent("days.days_absent", "days.days_observed") }} as is_chronically_absent,
    across.is_chronically_absent as is_chronically_absent_all_schools
from {{ ref("int_student_school_days_counted") }} as days
left join {{ ref("int_student_school_year_described") }} as described
    on
        days.student_key = described.student_key
        and days.school_id = described.school_id
        and days.school_year = described.school_year
left join {{ ref("agg_student_year_attendance_all_schools") }} as across
    on days.student_key = across.student_key and days.school_year = across.school_year
order by days.school_id, days.school_year
