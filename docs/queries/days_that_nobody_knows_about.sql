-- On which days of school do we not know who was there?
-- Asked by: data engineers and analysts.
-- Read: too few absences came for the whole district, so the day is in no rate; ask the source to send it again. Empty
--   where every day is known.
-- Columns: school_year_label, calendar_date, day_number, term
select
    school_year_label,
    calendar_date,
    day_number,
    term
from marts.dim_date
where
    is_instructional
    and not is_attendance_observed
    and calendar_date <= (select data_as_of from ops.data_as_of where kind = 'marts')
order by calendar_date;
