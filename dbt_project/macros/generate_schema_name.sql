{#
  Where a model is built. Published layers are built beside what readers see and moved
  into place by the publication step, so a failed gate leaves the last good tables alone:

  target `marts`       marts -> candidate_marts, bi -> candidate_bi
  target `evaluation`  evaluation -> candidate_evaluation; marts and bi are the published ones
  target `published`   builds nothing: all are the published ones, for documentation
#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set candidates = {"marts": ["marts", "bi"], "evaluation": ["evaluation"]} -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif custom_schema_name in candidates.get(target.name, []) -%}
        candidate_{{ custom_schema_name }}
    {%- else -%}
        {{ custom_schema_name }}
    {%- endif -%}
{%- endmacro %}
