-- Grade and demographics of a student at a school in a school year, as of the first entry
-- that counts: what happened later in the year must not move a pupil between subgroups.
-- Gender and race or ethnicity are of no date; they are the record's.
select distinct on (enrollment.student_key, enrollment.school_id, enrollment.school_year)
    enrollment.student_key,
    enrollment.school_id,
    enrollment.school_year,
    enrollment.entry_date as as_of_date,
    enrollment.grade_level,
    enrollment.grade_band,
    student.gender,
    student.race_ethnicity,
    enrollment.low_income,
    enrollment.english_learner,
    enrollment.special_education
from {{ ref("int_enrollment_classified") }} as enrollment
left join {{ ref("stg_sis__students") }} as student
    on enrollment.student_key = student.student_key
where enrollment.exclusion_reason is null
order by
    enrollment.student_key, enrollment.school_id, enrollment.school_year, enrollment.entry_date
