{#
  Every delivery of a support on record, by the night, in its unit: what was delivered, what was
  cancelled, and what was paid where a feed says so. One query, for all that adds supports up.

  out  school_id, school_year, term, support, unit, happened_on, ended_on, delivered, cancelled, paid_usd

  Software is reported by the week: it happened from the Monday on, and ended with the Sunday.
#}
{% macro support_events() -%}
    select
        school_id, school_year, term, 'professional_development' as support, 'hours' as unit,
        session_date as happened_on, session_date as ended_on, hours_held as delivered,
        case when status = 'cancelled' then hours_planned else 0 end as cancelled, null::numeric as paid_usd
    from {{ ref("fct_professional_development") }}
    union all
    select school_id, school_year, term, 'teacher_time', 'hours', work_date, work_date, hours, 0, amount_usd
    from {{ ref("fct_teacher_time") }}
    union all
    select
        school_id, school_year, term, 'coaching', 'visits', visit_date, visit_date,
        (status = 'held')::integer, (status = 'cancelled')::integer, null
    from {{ ref("fct_coaching_visit") }}
    union all
    select
        school_id, school_year, term, 'devices', 'devices', deployed_on, deployed_on,
        quantity, 0, cost_usd
    from {{ ref("fct_device_deployment") }}
    union all
    select school_id, school_year, term, 'edtech', 'minutes', week_start, week_start + 6, minutes, 0, null
    from {{ ref("fct_edtech_usage") }}
    union all
    select
        school_id, school_year, term, 'classroom_redesign', 'dollars', delivered_on, delivered_on,
        amount_usd, 0, amount_usd
    from {{ ref("fct_classroom_redesign") }}
    where status = 'delivered'
{%- endmacro %}

{#
  In which a dosage may explain the scores of a school in spring: from the first day of the school
  year to the day before its first spring test. What came later explains no score.

  out  school_id, school_year, window_start, window_end (the day of the test, which does not count)
#}
{% macro dosage_windows() -%}
    select
        result.school_id,
        result.school_year,
        year.first_date as window_start,
        min(result.test_date) as window_end
    from {{ ref("fct_assessment_result") }} as result
    inner join {{ ref("dim_school_year") }} as year on result.school_year = year.school_year
    where
        result.measure = 'rit' and result.season = 'spring' and result.is_growth_record
        and result.school_id is not null
    group by result.school_id, result.school_year, year.first_date
{%- endmacro %}
