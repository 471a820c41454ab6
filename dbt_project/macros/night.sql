{#
  The business clock: the night this run is for, as an SQL date. Nothing in the project
  reads the wall clock.
#}
{% macro night() -%}
    {%- if execute -%}
        date '{{ of_this_run("night") }}'
    {%- else -%}
        date '0001-01-01'
    {%- endif -%}
{%- endmacro %}

{# The refresh this run belongs to; `ops.refresh_batch` says which batches it pins. #}
{% macro refresh_id() -%}
    {%- if execute -%}
        {{ of_this_run("refresh_id") }}
    {%- else -%}
        0
    {%- endif -%}
{%- endmacro %}

{#
  What differs from run to run, from the environment (ELEVATE_DBT_NIGHT): dbt parses the whole
  project anew when a variable on its command line changes, which costs more than building it.
  A unit test gives it as a variable. A run with neither stops here.
#}
{% macro of_this_run(name) -%}
    {%- set value = var(name, env_var("ELEVATE_DBT_" ~ name | upper, "")) -%}
    {%- if value == "" -%}
        {{ exceptions.raise_compiler_error(
            "This run does not say its " ~ name ~ ": set ELEVATE_DBT_" ~ name | upper ~ ", or run it by its Dag."
        ) }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}
