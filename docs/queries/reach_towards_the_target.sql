-- How many schools has the programme reached, of those aimed at?
-- Asked by: the board.
-- Read: reached is joined by the date, also if since left; active is in a stage on it.
-- Columns: school_year_label, as_of_date, schools_reached, schools_active, target_schools, target_date, share_of_target
select
    school_year_label,
    as_of_date,
    schools_reached,
    schools_active,
    target_schools,
    target_date,
    share_of_target
from marts.agg_programme_reach
order by school_year;
