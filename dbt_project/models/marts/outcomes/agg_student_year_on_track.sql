select
    student_key,
    school_year,
    school_id,
    grade_level,
    definition,
    ending,
    is_repeated,
    is_freshman_on_track,
    is_elementary_on_track,
    not_measured_reason,
    credits_earned::numeric(5, 2) as credits_earned,
    core_semester_fs::integer as core_semester_fs,
    marks_open::integer as marks_open,
    (reading_points::numeric / nullif(reading_marks, 0))::numeric(3, 2) as reading_points,
    (math_points::numeric / nullif(math_marks, 0))::numeric(3, 2) as math_points,
    {{ attendance_rate("days_absent", "days_observed") }} as attendance_rate,
    incidents::integer as incidents
from {{ ref("int_student_year_on_track") }}
