-- What: every student enrolled on the launch date at a school of the study is in the sample, unless
--   no outcome is sought in the grade.
-- When it matters: a student who is lost on the way to the sample is attrition that no table counts.
-- How to resolve: look for the student in eval_analytic_sample, from `spell` down.
with enrolled as (
    -- Who was there at the launches of two draws belongs to the first.
    select distinct on (assignment.study, enrollment.student_key)
        assignment.study,
        assignment.cohort,
        enrollment.student_key,
        enrollment.grade_level
    from {{ ref("fct_study_assignment") }} as assignment
    inner join {{ ref("fct_enrollment") }} as enrollment
        on assignment.school_id = enrollment.school_id and assignment.launch_school_year = enrollment.school_year
    where
        assignment.is_current_version
        and enrollment.is_counted
        and {{ spell_covers("assignment.launch_date", "enrollment.entry_date", "enrollment.exit_date") }}
    order by
        assignment.study, enrollment.student_key, assignment.randomized_on, enrollment.entry_date desc,
        assignment.school_id
),

sample as (
    select distinct
        study,
        cohort,
        student_key,
        grade_level_at_launch
    from {{ ref("eval_analytic_sample") }}
    where membership <> 'joiner'
)

select enrolled.student_key
from enrolled
inner join (select distinct study, cohort, grade_level_at_launch from sample) as grade
    on
        enrolled.study = grade.study
        and enrolled.cohort = grade.cohort
        and enrolled.grade_level = grade.grade_level_at_launch
left join sample as present
    on enrolled.study = present.study and enrolled.student_key = present.student_key
where present.student_key is null
