-- In the order of schools, so that readers of one school find its rows side by side.
{{ config(indexes=[{"columns": ["school_id", "school_year"]}]) }}

select
    student_key,
    school_id,
    entry_date,
    exit_date,
    school_year,
    grade_level,
    grade_band,
    entry_code,
    exit_code,
    low_income,
    english_learner,
    special_education,
    exclusion_reason is null as is_counted,
    exclusion_reason,
    exclusion_reason is null and {{ spell_covers(night(), "first_day", "end_day") }} as is_member_on_night
from {{ ref("int_enrollment_classified") }}
order by school_id, school_year
