-- Which schools fell behind in coaching this term and the one before, and did attendance follow?
-- Asked by: the programme office and instructional leaders, each month.
-- Read: behind is what logs say was not delivered; a large unknown share means that logs are missing, not visits.
--   Attendance is this year's so far less last year's, in points. That both fell proves nothing about either.
-- Columns: short_name, school_year, term, due_visits, delivered_visits, share_not_delivered, share_unknown,
--          attendance_change
with latest_terms as (
    select school_year, term
    from marts.dim_date
    where calendar_date <= (select data_as_of from ops.data_as_of where kind = 'marts') and is_instructional
    group by school_year, term
    order by school_year desc, term desc
    limit 2
),

attendance as (
    select
        school_id,
        school_year,
        mean - lag(mean) over (partition by school_id order by school_year) as change
    from marts.agg_school_year_outcome
    where outcome = 'attendance_rate' and grade_band = 'all' and subgroup = 'all'
)

select
    school.short_name,
    support.school_year,
    support.term,
    support.due_quantity as due_visits,
    support.delivered_quantity as delivered_visits,
    round(support.not_delivered_quantity / nullif(support.due_quantity, 0), 3) as share_not_delivered,
    round(support.unknown_quantity / nullif(support.due_quantity, 0), 3) as share_unknown,
    round(100 * attendance.change, 2) as attendance_change
from marts.agg_school_term_support as support
inner join latest_terms using (school_year, term)
inner join marts.dim_school as school on support.school_id = school.school_id and school.is_current
left join attendance on support.school_id = attendance.school_id and support.school_year = attendance.school_year
where support.support = 'coaching'
order by support.school_year desc, support.term desc, share_not_delivered desc nulls last, school.short_name;
