-- The calendar with running counts, and whether attendance of the day is known.
--
-- Attendance is sent negative, so a day on which nothing arrived would look perfect. A day
-- is observed only where its night has an accepted delivery (the first delivery holds all
-- days before it), and somebody in the district was absent: a day without a single absence
-- is a gap in the feed, not a miracle. Days after the night are not known either.
with delivered as (
    select distinct night
    from {{ ref("stg_ops__pinned_batch") }}
    where source = 'sis' and feed = 'attendance'
),

first_delivery as (
    select min(night) as night
    from delivered
),

absent_day as (
    select distinct absence_date
    from {{ ref("int_absence_reported") }}
),

judged as (
    select
        calendar.*,
        calendar.is_instructional
        and calendar.calendar_date <= {{ night() }}
        and (delivered.night is not null or calendar.calendar_date <= first_delivery.night)
        and absent_day.absence_date is not null as is_observed
    from {{ ref("stg_sis__calendar") }} as calendar
    cross join first_delivery
    left join delivered on calendar.calendar_date = delivered.night
    left join absent_day on calendar.calendar_date = absent_day.absence_date
),

counted as (
    select
        *,
        coalesce(max(day_number) over year_so_far, 0) as instructional_days_through,
        count(*) filter (where is_observed) over year_so_far as observed_days_through
    from judged
    window year_so_far as (partition by school_year order by calendar_date)
)

select
    calendar_date,
    school_year,
    is_instructional,
    day_number,
    term,
    note,
    is_observed,
    instructional_days_through::integer as instructional_days_through,
    (instructional_days_through - is_instructional::integer)::integer as instructional_days_before,
    observed_days_through::integer as observed_days_through,
    (observed_days_through - is_observed::integer)::integer as observed_days_before
from counted
