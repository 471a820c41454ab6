-- The calendar with running counts, and whether attendance of the day is known.
--
-- Attendance is sent negative, so a day on which nothing arrived would look perfect. A day
-- is observed where the absences of the whole district come to a fair share of what is usual
-- in that school year; below it the day is a gap in the feed, not a miracle. This reads what
-- arrived and not which nights were run: after a missing delivery the few absences that are
-- reported late do not make the day known, while a delivery that catches up does.
with absent as (
    select
        absence_date,
        count(*) as absences
    from {{ ref("int_absence_reported") }}
    group by absence_date
),

day as (
    select
        calendar.*,
        calendar.is_instructional and calendar.calendar_date <= {{ night() }} as is_past,
        coalesce(absent.absences, 0) as absences
    from {{ ref("stg_sis__calendar") }} as calendar
    left join absent on calendar.calendar_date = absent.absence_date
),

usual as (
    select
        school_year,
        percentile_disc(0.5) within group (order by absences) as absences
    from day
    where is_past and absences > 0
    group by school_year
),

judged as (
    select
        day.*,
        day.is_past and {{ is_attendance_observed("day.absences", "usual.absences") }} as is_observed
    from day
    left join usual on day.school_year = usual.school_year
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
