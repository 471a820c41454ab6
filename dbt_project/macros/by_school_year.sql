{#
  Tables that are rebuilt by school year: `materialized="incremental"` with
  `incremental_strategy="by_school_year"`.

  Such a table is a function of the batches that its refresh has pinned, and keeps, for each
  school year, a hash of those that hold rows of the year (`intermediate.built_school_year`).
  A school year is built again where that hash differs from the one that it was built from:
  after a late row, a correction, a delete, a purge, or the return to an older night. So the
  table has the content of a full rebuild, whatever was built before it.

  The model must filter by `is_rebuilt`, must have a column school_year, and must read nothing
  of a student from another school year. A unit test of it overrides `is_incremental: false`.
#}

{# Condition on a school year: it is among those that this run builds. #}
{% macro is_rebuilt(school_year) -%}
    {%- if execute and is_incremental() -%}
        {{ school_year }} in ({{ changed_school_years() | join(", ") or "null" }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# School years of which this model was built from something else, or not at all. #}
{% macro changed_school_years() -%}
    {%- set changed = run_query(
        "select school_year from (" ~ inputs_by_school_year() ~ ") as now
        full join (select * from intermediate.built_school_year where model = '" ~ model.name ~ "') as built
            using (school_year)
        where now.inputs is distinct from built.inputs order by school_year"
    ) -%}
    {{ return(changed.columns[0].values() | list) }}
{%- endmacro %}

{#
  (school_year, inputs): a hash of the pinned batches that hold rows of the year. A year that
  is not over when night falls depends on the night, too.
#}
{% macro inputs_by_school_year() -%}
    {%- set feeds = feeds_behind(model.unique_id) -%}
    select
        year.school_year,
        md5(
            least({{ school_year_last_date("year.school_year") }} + 1, {{ night() }})
            || string_agg(
                pin.batch_id || ' ' || pin.position || ' ' || batch.rows_purged, ',' order by pin.batch_id
            )
        ) as inputs
    from ops.refresh_batch as pin
    inner join ops.batch as batch on pin.batch_id = batch.batch_id
    inner join staging.stg_ops__batch_school_year as held on pin.batch_id = held.batch_id
    inner join (select distinct school_year from staging.stg_ops__batch_school_year) as year
        on held.school_year = year.school_year or held.school_year is null
    where
        pin.refresh_id = {{ refresh_id() }}
        and year.school_year is not null
        and batch.source || '.' || batch.feed in ('{{ feeds | join("', '") }}')
    group by year.school_year
{%- endmacro %}

{# (batch_id, school_year) of each feed's batches among `batches`, a relation with batch_id, source and feed. #}
{% macro school_years_of_batches(batches) -%}
    {%- for feed in (graph.sources.values() | selectattr("schema", "equalto", "raw") if execute else []) %}
    {%- set meta = feed.config.meta %}
    {% if not meta.partition %}
    select
        batch_id,
        null::integer as school_year
    from {{ batches }}
    where source = '{{ feed.source_name }}' and feed = '{{ feed.name }}'
    {%- else %}
    select distinct
        {{ batches }}.batch_id,
        {{ school_year_of_row("feed_row", meta) }} as school_year
    from {{ batches }}
    inner join raw.{{ feed.identifier }} as feed_row on {{ batches }}.batch_id = feed_row._batch_id
    where {{ batches }}.source = '{{ feed.source_name }}' and {{ batches }}.feed = '{{ feed.name }}'
    {%- if meta.load_mode == "delta" and meta.partition not in meta.key %}
    union
    select
        {{ batches }}.batch_id,
        {{ school_year_of_row("other", meta) }} as school_year
    from {{ batches }}
    inner join raw.{{ feed.identifier }} as feed_row on {{ batches }}.batch_id = feed_row._batch_id
    inner join raw.{{ feed.identifier }} as other
        on
            {%- for column in meta.key %}
            {{ "and " if not loop.first }}feed_row.{{ column }} = other.{{ column }}
            {%- endfor %}
    where {{ batches }}.source = '{{ feed.source_name }}' and {{ batches }}.feed = '{{ feed.name }}'
    {%- endif %}
    {%- endif %}
    {{ "union all" if not loop.last }}
    {%- else %}
    select
        batch_id,
        null::integer as school_year
    from {{ batches }}
    {%- endfor %}
{%- endmacro %}

{#
  The feeds, as source.feed, from which a model is made in the end, in alphabetical order. What the
  library estimates has no lineage here: it is made from the analytic sample, and what that reads.
#}
{% macro feeds_behind(unique_id) -%}
    {%- set above, feeds = [unique_id], [] -%}
    {%- for one in above -%}
        {%- set source = graph.sources.get(one) -%}
        {%- if source and source.schema == "raw" -%}
            {%- do feeds.append(source.source_name ~ "." ~ source.name) -%}
        {%- endif -%}
        {%- set is_estimated = source and source.source_name == "estimates" -%}
        {%- set parents = graph.nodes[one].depends_on.nodes if one in graph.nodes else [] -%}
        {#- The list grows while it is read. -#}
        {%- for parent in (["model.elevate.eval_analytic_sample"] if is_estimated else parents) if parent not in above -%}
            {%- do above.append(parent) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(feeds | sort) }}
{%- endmacro %}

{# The strategy: the years that were built again in place of what was there of them. #}
{% macro get_incremental_by_school_year_sql(arg_dict) -%}
    delete from {{ arg_dict["target_relation"] }}
    where school_year in ({{ changed_school_years() | join(", ") or "null" }});
    insert into {{ arg_dict["target_relation"] }} ({{ arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") }})
    select {{ arg_dict["dest_columns"] | map(attribute="quoted") | join(", ") }} from {{ arg_dict["temp_relation"] }}
{%- endmacro %}

{# Runs in the transaction that builds the table, so that both are of the same run. #}
{% macro record_inputs() -%}
    {%- if config.get("materialized") == "incremental" -%}
        delete from intermediate.built_school_year where model = '{{ model.name }}';
        insert into intermediate.built_school_year (model, schema_name, code, school_year, inputs)
        select '{{ model.name }}', '{{ model.schema }}', '{{ of_this_run("code") }}', inputs.*
        from (
            select null::integer as school_year, null as inputs
            {%- if config.get("incremental_strategy") == "by_school_year" %}
            union all
            {{ inputs_by_school_year() }}
            {%- endif %}
        ) as inputs
    {%- endif -%}
{%- endmacro %}

{# 'Winter 2018-2019' -> 2019, as assessment vendors write a term. #}
{% macro school_year_of_term(term) -%}
    right({{ term }}, 4)::integer
{%- endmacro %}

{# The school year of a feed's row, by the column that its contract marks as `partitioned`. #}
{% macro school_year_of_row(relation, meta) -%}
    {%- set column = relation ~ "." ~ meta.partition -%}
    {%- if meta.partition_type == "date" -%}
        {{ school_year_of(column) }}
    {%- elif meta.partition_type == "text" -%}
        {{ school_year_of_term(column) }}
    {%- else -%}
        {{ column }}
    {%- endif -%}
{%- endmacro %}
