select
    mark.student_key,
    mark.school_id,
    mark.school_year,
    mark.term,
    mark.course,
    mark.subject,
    mark.is_core,
    described.grade_level,
    mark.mark,
    mark.is_open,
    mark.points,
    mark.credits,
    mark.credits_earned
from {{ ref("int_course_mark_rated") }} as mark
-- Left join: a mark without an enrolment at the school stays.
left join {{ ref("int_student_school_year_described") }} as described
    on
        mark.student_key = described.student_key
        and mark.school_id = described.school_id
        and mark.school_year = described.school_year
