-- Days of school on which next to nothing arrived of one school, while the district's attendance is known.
{{ config(indexes=[{"columns": ["school_id", "calendar_date"], "unique": true}]) }}

with absent as (
    select
        school_id,
        school_year,
        absence_date,
        count(*) as absences
    from {{ ref("int_absence_reported") }}
    group by school_id, school_year, absence_date
),

reporting as (
    select distinct
        school_id,
        school_year
    from absent
),

day as (
    select
        reporting.school_id,
        reporting.school_year,
        calendar_day.calendar_date,
        coalesce(absent.absences, 0) as absences
    from reporting
    inner join {{ ref("int_calendar_day_counted") }} as calendar_day
        on reporting.school_year = calendar_day.school_year and calendar_day.is_observed
    left join absent
        on reporting.school_id = absent.school_id and calendar_day.calendar_date = absent.absence_date
),

usual as (
    select
        school_id,
        school_year,
        percentile_disc(0.5) within group (order by absences) as absences
    from day
    where absences > 0
    group by school_id, school_year
)

select
    day.school_id,
    day.school_year,
    day.calendar_date
from day
inner join usual on day.school_id = usual.school_id and day.school_year = usual.school_year
where not {{ is_school_observed("day.absences", "usual.absences") }}
