-- How does attendance run through the months of this school year, against the same months of the last?
-- Asked by: network chiefs, each month.
-- Read: rates are sums over sums, in percent, kindergarten to grade 12. `unknown_percent` is the share of student-
--   days that nobody knows about and that are in no rate. The newest month goes up to the night.
-- Columns: month, attendance_percent, a_year_before, unknown_percent
with month as (
    select
        attendance.month_start,
        100 * (1 - sum(attendance.days_absent) / nullif(sum(attendance.days_observed), 0)) as attendance_percent,
        100.0 * sum(attendance.days_unknown) / sum(attendance.days_enrolled) as unknown_percent
    from marts.agg_school_month_attendance as attendance
    where attendance.grade_band <> 'PK'
    group by attendance.month_start
)

select
    month.month_start as month,
    round(month.attendance_percent, 2) as attendance_percent,
    round(before.attendance_percent, 2) as a_year_before,
    round(month.unknown_percent, 2) as unknown_percent
from month
inner join marts.dim_school_year as year
    on month.month_start between date_trunc('month', year.first_date) and year.last_date and year.is_current
left join month as before on month.month_start - interval '1 year' = before.month_start
order by month.month_start;
