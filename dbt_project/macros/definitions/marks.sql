{# Core subjects of high school, of which a failed semester counts against being on track. #}
{% macro is_core_subject(subject) -%}
    ({{ subject }} in ('english', 'math', 'science', 'social_science'))
{%- endmacro %}

{# Points of a mark, 4 for an A to 0 for an F; null for an incomplete, which is no mark yet. #}
{% macro mark_points(mark) -%}
    (case {{ mark }} when 'A' then 4 when 'B' then 3 when 'C' then 2 when 'D' then 1 when 'F' then 0 end)
{%- endmacro %}

{# Credits earned by a mark: all of them by a D or better, none by an F; null for an incomplete. #}
{% macro credits_earned(mark, credits) -%}
    (case when {{ mark }} in ('A', 'B', 'C', 'D') then {{ credits }} when {{ mark }} = 'F' then 0 end)
{%- endmacro %}
