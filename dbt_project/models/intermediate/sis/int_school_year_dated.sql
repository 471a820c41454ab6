-- Both pairs of dates of each school year: 1 July to 30 June, and its days of school.
select
    school_year,
    {{ school_year_label("school_year") }} as school_year_label,
    {{ school_year_first_date("school_year") }} as first_date,
    {{ school_year_last_date("school_year") }} as last_date,
    min(calendar_date) filter (where is_instructional) as first_instructional_date,
    max(calendar_date) filter (where is_instructional) as last_instructional_date,
    count(*) filter (where is_instructional)::integer as instructional_days
from {{ ref("int_calendar_day_counted") }}
group by school_year
