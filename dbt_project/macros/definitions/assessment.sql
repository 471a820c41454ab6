{#
  Retest rule: the order of a student's tests in a subject and term; the first is the one that
  counts if the vendor marks it (GrowthMeasureYN), and where none is marked, none does.
#}
{% macro retest_order(tests) -%}
    {{ tests }}.growth_measure desc, {{ tests }}.standard_error, {{ tests }}.test_start_date desc,
        {{ tests }}.test_start_time desc nulls last, {{ tests }}.test_id desc
{%- endmacro %}
