-- Every enrolment as sent, with why it does not count, if so. Nothing is dropped here: what
-- is out of the counts stays to be audited.
--
-- first_day and end_day clamp the spell to its school year and to the night, so that days
-- can be counted; end_day is the first day that does not count.
select
    enrollment.student_key,
    enrollment.school_id,
    enrollment.entry_date,
    enrollment.exit_date,
    enrollment.school_year,
    enrollment.grade_level,
    {{ grade_band("enrollment.grade_level") }} as grade_band,
    enrollment.entry_code,
    enrollment.exit_code,
    enrollment.low_income,
    enrollment.english_learner,
    enrollment.special_education,
    case
        when enrollment.exit_code = 'NS' then 'no_show'
        when enrollment.exit_date < enrollment.entry_date then 'exit_before_entry'
        when enrollment.exit_date <= year.first_instructional_date then 'exit_before_day_one'
        when enrollment.exit_date = enrollment.entry_date then 'exit_on_entry_date'
        when enrollment.entry_date > year.last_date then 'entry_after_school_year'
        when greatest(enrollment.entry_date, year.first_date) > {{ night() }} then 'not_yet_entered'
    end as exclusion_reason,
    greatest(enrollment.entry_date, year.first_date) as first_day,
    least(enrollment.exit_date, year.last_date + 1, {{ night() }} + 1) as end_day
from {{ ref("stg_sis__enrollments") }} as enrollment
left join {{ ref("int_school_year_dated") }} as year
    on enrollment.school_year = year.school_year
