{#
  Score of an answer, from 1 to 5 with 5 the best: items that are worded the other way round are
  turned. Null where the item was left out, never the middle.
#}
{% macro survey_score(item, response) -%}
    (case when {{ item }} = 'GOAL2' then 6 - {{ response }} else {{ response }} end)
{%- endmacro %}
