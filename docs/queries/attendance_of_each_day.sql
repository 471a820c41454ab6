-- Who was there on which day of a week, presence filled in?
-- Asked by: analysts who need attendance by day.
-- Read: schools send absences alone, so a day of an enrolment without a row in fct_attendance_day was presence. A
--   day that is unknown has a row, and is none. Put another name for BASS, and other days.
-- Columns: calendar_date, student_key, attendance_status, absent_fraction
select
    day.calendar_date,
    enrollment.student_key,
    coalesce(attendance.attendance_status, 'present') as attendance_status,
    case when attendance.student_key is null then 0 else attendance.absent_fraction end as absent_fraction
from marts.fct_enrollment as enrollment
inner join marts.dim_school as school
    on enrollment.school_id = school.school_id and school.is_current
inner join marts.dim_date as day
    on
        enrollment.school_year = day.school_year
        and day.is_instructional
        and day.calendar_date >= enrollment.entry_date
        and (enrollment.exit_date is null or day.calendar_date < enrollment.exit_date)
left join marts.fct_attendance_day as attendance
    on
        enrollment.student_key = attendance.student_key
        and enrollment.school_id = attendance.school_id
        and day.calendar_date = attendance.attendance_date
where
    enrollment.is_counted
    and school.short_name = 'BASS'
    and day.calendar_date between '2019-02-04' and '2019-02-08'
    and day.calendar_date <= (select known.data_as_of from ops.data_as_of as known where known.kind = 'marts')
order by day.calendar_date, enrollment.student_key;
