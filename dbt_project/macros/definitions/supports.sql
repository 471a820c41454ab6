{# Supports: what of a plan was delivered, and what it is for each pupil. #}

{#
  Of what is due and not on record, held or cancelled, the part in weeks without a log.
  (least and greatest pass over a null, and a null plan must stay one.)
#}
{% macro unknown_quantity(due, delivered, cancelled, unlogged) -%}
    case
        when {{ due }} is not null
            then least({{ unlogged }}, greatest({{ due }} - {{ delivered }} - {{ cancelled }}, 0))
    end
{%- endmacro %}

{# Of what is due, what is neither delivered nor unknown. More than was due makes up for nothing elsewhere. #}
{% macro not_delivered_quantity(due, delivered, unknown) -%}
    case when {{ due }} is not null then greatest({{ due }} - {{ delivered }} - {{ unknown }}, 0) end
{%- endmacro %}

{#
  Share delivered of what is due and known; null where nothing is. More than was due counts as 1.
  Bounds take the unknown as not delivered, share_of_due(due, not_delivered + unknown, 0), and as
  delivered, share_of_due(due, not_delivered, 0).
#}
{% macro share_of_due(due, not_delivered, unknown) -%}
    (({{ due }} - ({{ not_delivered }}) - {{ unknown }}) / nullif({{ due }} - {{ unknown }}, 0))
{%- endmacro %}

{#
  Whether what was delivered from its first to its last day explains an outcome: all of it came from
  window_start on and before window_end, the day of the outcome. A week of which only days before
  the outcome would count is out: nobody knows how much of it came on which day. Without an outcome
  (null) no end.
#}
{% macro is_in_dosage_window(first_day, last_day, window_start, window_end) -%}
    ({{ first_day }} >= {{ window_start }}
        and ({{ window_end }} is null or {{ last_day }} < {{ window_end }}))
{%- endmacro %}

{# Dollars, hours, visits for each pupil, pupils being average daily membership. Null without pupils. #}
{% macro per_pupil(amount, pupils) -%}
    ({{ amount }} / nullif({{ pupils }}, 0))
{%- endmacro %}

{#
  Sum of amounts that are all known: null where one is not. A sum that passes over what nobody knows
  takes it for 0.
#}
{% macro sum_if_known(amount, where="true") -%}
    (case
        when bool_and({{ amount }} is not null) filter (where {{ where }})
            then sum({{ amount }}) filter (where {{ where }})
    end)
{%- endmacro %}

{# Devices, in use or planned, for each student of the night. Null without students. #}
{% macro device_student_ratio(devices, students) -%}
    ({{ devices }}::numeric / nullif({{ students }}, 0))
{%- endmacro %}
