-- Where a student of a school year was last, and how the year ended for the student: stayed to
-- its last day of school, dropped out, or left. Of enrolments that overlap the one that ends
-- last counts, then the one that began last.
select distinct on (enrollment.student_key, enrollment.school_year)
    enrollment.student_key,
    enrollment.school_year,
    enrollment.school_id,
    described.grade_level,
    case
        when enrollment.exit_date is null or enrollment.exit_date > year.last_instructional_date then 'stayed'
        when enrollment.exit_code = 'DR' then 'dropped_out'
        else 'left'
    end as ending,
    {{ course_marks_due_on("year.last_instructional_date") }} <= {{ night() }} as is_over
from {{ ref("int_enrollment_classified") }} as enrollment
inner join {{ ref("int_school_year_dated") }} as year
    on enrollment.school_year = year.school_year
inner join {{ ref("int_student_school_year_described") }} as described
    on
        enrollment.student_key = described.student_key
        and enrollment.school_id = described.school_id
        and enrollment.school_year = described.school_year
where enrollment.exclusion_reason is null
order by
    enrollment.student_key, enrollment.school_year,
    enrollment.exit_date desc nulls first, enrollment.entry_date desc, enrollment.school_id
