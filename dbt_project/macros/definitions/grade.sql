{#
  Grade band of a grade level. Outcomes are of K to 12; pre-kindergarten is a band of its
  own and in no total, because attendance is not compulsory there.
#}
{% macro grade_band(grade_level) -%}
    (case
        when {{ grade_level }} = 'PK' then 'PK'
        when {{ grade_level }} in ('K', '1', '2') then 'K-2'
        when {{ grade_level }} in ('3', '4', '5') then '3-5'
        when {{ grade_level }} in ('6', '7', '8') then '6-8'
        when {{ grade_level }} in ('9', '10', '11', '12') then '9-12'
    end)
{%- endmacro %}

{# Grade level of a student so many years later who is promoted each year; null beyond grade 12. #}
{% macro grade_after(grade_level, years) -%}
    {%- set ladder = "array['PK', 'K', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']" -%}
    (({{ ladder }})[array_position({{ ladder }}, {{ grade_level }}) + {{ years }}])
{%- endmacro %}
