-- Answers with their score, and the grade of the student as of the year's first entry there.
select
    answer.wave,
    answer.student_key,
    answer.school_id,
    answer.school_year,
    answer.answered_on,
    answer.item,
    answer.competency,
    answer.response,
    {{ survey_score("answer.item", "answer.response") }} as score,
    described.grade_level
from {{ ref("stg_assessment__survey_responses") }} as answer
left join {{ ref("int_student_school_year_described") }} as described
    on
        answer.student_key = described.student_key
        and answer.school_id = described.school_id
        and answer.school_year = described.school_year
