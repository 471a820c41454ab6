-- At which schools, and in which months, do we not know who was there?
-- Asked by: data engineers, who ask the school; analysts, before they compare schools.
-- Read: student-days that are in no rate. A lost day of the whole district is in it at every school
--   (days_that_nobody_knows_about lists those); the rest are days of which one school sent next to nothing. Empty
--   where every day is known.
-- Columns: school_year_label, school_id, school_name, month_start, days_unknown, share_unknown
select
    school_year.school_year_label,
    month.school_id,
    school.school_name,
    month.month_start,
    sum(month.days_unknown) as days_unknown,
    round(sum(month.days_unknown)::numeric / sum(month.days_enrolled), 3) as share_unknown
from marts.agg_school_month_attendance as month
inner join marts.dim_school_year as school_year on month.school_year = school_year.school_year
inner join marts.dim_school as school on month.school_id = school.school_id and school.is_current
where month.days_unknown > 0
group by school_year.school_year_label, month.school_id, school.school_name, month.month_start
order by month.month_start, month.school_id;
