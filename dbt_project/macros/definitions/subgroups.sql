{#
  Subgroups of pupils, by dimension. The categories of one dimension partition all pupils:
  a value that is not known is the category 'unknown', so that parts add up to the whole.
#}
{% macro subgroup_dimensions() -%}
    {{ return(["gender", "race_ethnicity", "low_income", "english_learner", "special_education"]) }}
{%- endmacro %}

{# The category of a yes-or-no attribute. #}
{% macro yes_no(expression) -%}
    (case {{ expression }} when true then 'yes' when false then 'no' else 'unknown' end)
{%- endmacro %}
