-- Enrolled days of each student at each school, counted day by day from the published tables.
-- It agrees with days_enrolled of agg_student_year_attendance.
select
    enrolment.student_key,
    enrolment.school_id,
    enrolment.school_year,
    count(distinct day.calendar_date) as days_enrolled
from {{ ref("fct_enrollment") }} as enrolment
inner join {{ ref("dim_date") }} as day
    on
        enrolment.school_year = day.school_year
        and {{ spell_covers("day.calendar_date", "enrolment.entry_date", "enrolment.exit_date") }}
where enrolment.is_counted and day.is_instructional and day.calendar_date <= {{ night() }}
group by enrolment.student_key, enrolment.school_id, enrolment.school_year
