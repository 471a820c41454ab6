{#
  A published table gets its key once all its rows are there. dbt declares it with the table, and
  each row then finds its place in an index that has long outgrown memory; sorted at the end, the
  key of 21 million rows takes a fraction of that. A row that breaks the key fails the model as before.
#}
{% macro default__get_table_columns_and_constraints() -%}
    ({{ adapter.render_raw_columns_constraints(raw_columns=model["columns"]) | join(", ") }})
{%- endmacro %}

{% macro postgres__create_table_as(temporary, relation, sql) -%}
    {{ dbt.postgres__create_table_as(temporary, relation, sql) }}
    {%- if config.get("contract").enforced and not temporary %}
    {%- for constraint in adapter.render_raw_model_constraints(raw_constraints=model["constraints"]) %}
    alter table {{ relation }} add {{ constraint }};
    {%- endfor %}
    {%- endif %}
{%- endmacro %}
