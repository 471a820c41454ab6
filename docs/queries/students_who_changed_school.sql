-- How many students changed school within the year, and how was their attendance?
-- Asked by: network chiefs and analysts.
-- Read: members of more than one school in this school year, by the days of all schools together. Rates are sums over
--   sums. Put another year for this one; without any the answer takes a second or two.
-- Columns: school_year, students, changed_school, share_changed, attendance_stayed, attendance_changed
select
    school_year,
    count(*) as students,
    count(*) filter (where schools > 1) as changed_school,
    round(avg((schools > 1)::integer), 4) as share_changed,
    round(
        1 - sum(days_absent) filter (where schools = 1) / nullif(sum(days_observed) filter (where schools = 1), 0), 4
    ) as attendance_stayed,
    round(
        1 - sum(days_absent) filter (where schools > 1) / nullif(sum(days_observed) filter (where schools > 1), 0), 4
    ) as attendance_changed
from marts.agg_student_year_attendance_all_schools
where school_year = (select school_year from marts.dim_school_year where is_current)
group by school_year
order by school_year;
