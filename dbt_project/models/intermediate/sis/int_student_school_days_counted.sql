-- Days enrolled, observed and absent, student x school x school year.
{{ config(materialized="incremental", incremental_strategy="by_school_year") }}

with days as (
    {{ count_days(ref("int_membership_merged"), ["student_key", "school_id"]) }}
),

absent as (
    select
        student_key,
        school_id,
        school_year,
        sum(day_fraction) as days_absent,
        {%- for kind in ["unexcused", "excused", "suspension", "medical"] %}
        sum(day_fraction) filter (where absence_kind = '{{ kind }}') as days_absent_{{ kind }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ ref("int_absence_counted") }}
    where exclusion_reason is null and {{ is_rebuilt("school_year") }}
    group by student_key, school_id, school_year
)

select
    days.student_key,
    days.school_id,
    days.school_year,
    days.days_enrolled,
    days.days_observed,
    coalesce(absent.days_absent, 0)::numeric(6, 2) as days_absent,
    {%- for kind in ["unexcused", "excused", "suspension", "medical"] %}
    coalesce(absent.days_absent_{{ kind }}, 0)::numeric(6, 2) as days_absent_{{ kind }}
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
from days
left join absent
    on
        days.student_key = absent.student_key
        and days.school_id = absent.school_id
        and days.school_year = absent.school_year
where {{ is_rebuilt("days.school_year") }}
