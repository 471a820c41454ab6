{#
  The published tables of the evaluation whose rows are figures: every model of its schema but
  those with rows of students and the list of changes itself. Returns their nodes; none while
  dbt only parses, as there is no graph yet.
#}
{% macro figure_models() -%}
    {%- set found = [] -%}
    {%- if execute -%}
        {%- for node in graph.nodes.values() | selectattr("resource_type", "equalto", "model") | sort(attribute="name") -%}
            {%- if node.config.schema == "evaluation" and node.name != "eval_restatement"
                and "student_key" not in node.columns -%}
                {%- do found.append(node) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# The columns of a model's primary key, as its contract declares them: of the model or of a column. #}
{% macro primary_key_of(node) -%}
    {%- set key = [] -%}
    {%- for constraint in node.constraints if constraint.type == "primary_key" -%}
        {%- do key.extend(constraint.columns) -%}
    {%- endfor -%}
    {%- for column in node.columns.values() -%}
        {%- for constraint in column.constraints if constraint.type == "primary_key" -%}
            {%- do key.append(column.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(key) }}
{%- endmacro %}

{#
  Whether the night alone may have moved a figure, with no delivery in between: one of a school
  year that was under way between the two nights; one without a school year where a year ended.
#}
{% macro moved_with_the_night(figure, night_before) -%}
    exists (
        select 1
        from {{ ref("dim_school_year") }} as year
        where
            {{ night_before }} <> {{ night() }}
            and year.last_date >= least({{ night_before }}, {{ night() }})
            and case
                when {{ figure }} ? 'school_year'
                    then
                        year.school_year = ({{ figure }} ->> 'school_year')::integer
                        and year.first_date <= greatest({{ night_before }}, {{ night() }})
                else year.last_instructional_date < greatest({{ night_before }}, {{ night() }})
            end
    )
{%- endmacro %}
