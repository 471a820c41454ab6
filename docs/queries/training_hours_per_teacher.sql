-- How many hours of professional development did a teacher receive?
-- Asked by: the vendor's managers and instructional leaders.
-- Read: hours of those who signed in, over the sign-ins of a session. A session without a sign-in sheet is unknown: it
--   is counted apart and in no average.
-- Columns: short_name, school_year, sessions_held, sessions_cancelled, sessions_without_sheet, hours_held,
--          hours_per_teacher
select
    school.short_name,
    session.school_year,
    count(*) filter (where session.status = 'held') as sessions_held,
    count(*) filter (where session.status = 'cancelled') as sessions_cancelled,
    count(*) filter (where session.status = 'held' and session.teachers is null) as sessions_without_sheet,
    sum(session.hours_held) as hours_held,
    round(
        sum(session.teacher_hours) / nullif(avg(session.teachers) filter (where session.status = 'held'), 0), 2
    ) as hours_per_teacher
from marts.fct_professional_development as session
inner join marts.dim_school as school on session.school_id = school.school_id and school.is_current
group by school.short_name, session.school_year
order by school.short_name, session.school_year;
