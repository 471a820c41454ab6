-- Which schools fell behind in coaching this term and the one before, and did attendance follow?
-- Asked by: the programme office and instructional leaders, each month.
-- Read: behind is what logs say was not delivered; a large unknown share means that logs are missing, not visits.
--   Attendance is that of the term's months that are over less that of the same months a year before, in points, and
--   empty until one is over; a month of two terms counts with the first. That both fell proves nothing about either.
-- Columns: short_name, school_year, term, due_visits, delivered_visits, share_not_delivered, share_unknown,
--          months_compared, attendance_change
with latest_terms as (
    select school_year, term
    from marts.dim_date
    where calendar_date <= (select data_as_of from ops.data_as_of where kind = 'marts') and is_instructional
    group by school_year, term
    order by school_year desc, term desc
    limit 2
),

coached as (
    select support.*
    from marts.agg_school_term_support as support
    inner join latest_terms using (school_year, term)
    where support.support = 'coaching'
),

month as (
    -- Only those that are over: beside each stands its own month of the year before, of the same season.
    select
        school_year,
        min(term) as term,
        date_trunc('month', calendar_date)::date as month_start
    from marts.dim_date
    where is_instructional
    group by school_year, date_trunc('month', calendar_date)
    having date_trunc('month', min(calendar_date)) + interval '1 month - 1 day'
        <= (select data_as_of from ops.data_as_of where kind = 'marts')
),

attended as (
    select
        school_id,
        month_start,
        sum(days_absent) as days_absent,
        sum(days_observed) as days_observed
    from marts.agg_school_month_attendance
    where grade_band <> 'PK' and school_id in (select coached.school_id from coached)
    group by school_id, month_start
    having sum(days_observed) > 0
),

compared as (
    select
        now.school_id,
        month.school_year,
        month.term,
        count(*) as months,
        sum(before.days_absent) / sum(before.days_observed) - sum(now.days_absent) / sum(now.days_observed) as change
    from month
    inner join attended as now using (month_start)
    inner join attended as before
        on now.school_id = before.school_id and before.month_start = (now.month_start - interval '1 year')::date
    group by now.school_id, month.school_year, month.term
)

select
    school.short_name,
    support.school_year,
    support.term,
    support.due_quantity as due_visits,
    support.delivered_quantity as delivered_visits,
    round(support.not_delivered_quantity / nullif(support.due_quantity, 0), 3) as share_not_delivered,
    round(support.unknown_quantity / nullif(support.due_quantity, 0), 3) as share_unknown,
    coalesce(compared.months, 0) as months_compared,
    round(100 * compared.change, 2) as attendance_change
from coached as support
inner join marts.dim_school as school on support.school_id = school.school_id and school.is_current
left join compared
    on
        support.school_id = compared.school_id
        and support.school_year = compared.school_year
        and support.term = compared.term
order by support.school_year desc, support.term desc, share_not_delivered desc nulls last, school.short_name;
