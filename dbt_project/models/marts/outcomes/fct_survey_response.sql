select
    wave,
    student_key,
    item,
    competency,
    school_id,
    school_year,
    grade_level,
    {{ grade_band("grade_level") }} as grade_band,
    answered_on,
    response,
    score
from {{ ref("int_survey_response_scored") }}
