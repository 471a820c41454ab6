{#
  Overlapping or touching spells of one thing merged, so that no day counts twice.

  in   relation with the columns `keys`, first_day and end_day (exclusive, not null)
  out  a query with `keys`, first_day, end_day; spells of the same keys are disjoint
#}
{% macro merge_spells(relation, keys) -%}
    {%- set keys_list = keys | join(", ") -%}
    select
        {{ keys_list }},
        min(first_day) as first_day,
        max(end_day) as end_day
    from (
        select
            *,
            count(*) filter (where begins_anew) over (
                partition by {{ keys_list }} order by first_day, end_day
            ) as island
        from (
            select
                {{ keys_list }},
                first_day,
                end_day,
                coalesce(
                    first_day > max(end_day) over (
                        partition by {{ keys_list }} order by first_day, end_day
                        rows between unbounded preceding and 1 preceding
                    ),
                    true
                ) as begins_anew
            from {{ relation }}
        ) as ordered
    ) as numbered
    group by {{ keys_list }}, island
{%- endmacro %}

{#
  Instructional and observed days of spells, by two look-ups in the running counts of the
  calendar instead of a row for each day. With school_id among the keys, the school's own gaps
  are not observed either.

  in   relation with `keys`, school_year, first_day and end_day, within one school year
  out  a query with `keys`, school_year, days_enrolled, days_observed, summed over spells
#}
{% macro count_days(relation, keys) -%}
    select
        {%- for key in keys %}
        spell.{{ key }},
        {%- endfor %}
        spell.school_year,
        sum(last_day.instructional_days_through - first_day.instructional_days_before)::integer
            as days_enrolled,
        sum(
            last_day.observed_days_through - first_day.observed_days_before
            {%- if "school_id" in keys %} - gap.days{% endif %}
        )::integer as days_observed
    from {{ relation }} as spell
    inner join {{ ref("int_calendar_day_counted") }} as first_day
        on spell.first_day = first_day.calendar_date
    inner join {{ ref("int_calendar_day_counted") }} as last_day
        on spell.end_day - 1 = last_day.calendar_date
    {%- if "school_id" in keys %}
    cross join lateral (
        select count(*) as days
        from {{ ref("int_school_gap") }} as school_gap
        where
            spell.school_id = school_gap.school_id
            and {{ spell_covers("school_gap.calendar_date", "spell.first_day", "spell.end_day") }}
    ) as gap
    {%- endif %}
    group by {% for key in keys %}spell.{{ key }}, {% endfor %}spell.school_year
{%- endmacro %}
