{#
  The business clock: the night this run is for, as an SQL date. Nothing in the project
  reads the wall clock. A run without the variable stops with dbt's own message.
#}
{% macro night() -%}
    {%- if execute -%}
        date '{{ var("night") }}'
    {%- else -%}
        date '0001-01-01'
    {%- endif -%}
{%- endmacro %}

{# The refresh this run belongs to; `ops.refresh_batch` says which batches it pins. #}
{% macro refresh_id() -%}
    {%- if execute -%}
        {{ var("refresh_id") }}
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro %}
