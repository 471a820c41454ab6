{#
  The rows of a feed that are true as of this refresh, as a subquery for `from`.

  The refresh has pinned the feed's batches and put them in order: of two, the one with the
  greater position wins (`refreshes.py` says why). Rows that a steward released share the
  position of the batch that they came with.

  in   source, feed: names of the dbt source; its config.meta (from the feed's contract) says
       load_mode, key, change_column, delete_value and snapshot_scope
  out  snapshot  the rows of the greatest position; where the feed has a scope, for each scope
                 value those of the greatest position that has it
       delta     the newest row of each key (position, then arrival, then line), deletes
                 dropped. The newest, not the earliest: a value that goes A, B, A ends as A
       append    every row of every pinned batch
#}
{% macro current_rows(source_name, feed) -%}
    {%- set meta = feed_meta(source_name, feed) -%}
    {%- set pinned = pinned_rows(source_name, feed) -%}
    {%- if meta.load_mode == "delta" -%}
        (
            select * from (
                select distinct on ({{ meta.key | join(", ") }}) *
                from {{ pinned }} as pinned
                order by {{ meta.key | join(", ") }}, _position desc, _batch_id desc, _line desc
            ) as newest
            where {{ meta.change_column }} is distinct from '{{ meta.get("delete_value", "delete") }}'
        )
    {%- elif meta.load_mode == "snapshot" and (meta.snapshot_scope or meta.get("history")) -%}
        {#- A history's earlier snapshots are pinned too: its whole is one scope. -#}
        {%- set scope = meta.snapshot_scope | join(", ") -%}
        (
            select pinned.*
            from {{ pinned }} as pinned
            inner join (
                select {{ scope ~ ", " if scope }}max(_position) as _position
                from (select distinct {{ scope ~ ", " if scope }}_position from {{ pinned }} as pinned) as held
                {{ "group by " ~ scope if scope }}
            ) as newest
                on pinned._position = newest._position
                {%- for column in meta.snapshot_scope %}
                and pinned.{{ column }} = newest.{{ column }}
                {%- endfor %}
        )
    {%- elif meta.load_mode in ["snapshot", "append"] -%}
        {{ pinned }}
    {%- else -%}
        {{ exceptions.raise_compiler_error(
            "Feed " ~ source_name ~ "." ~ feed ~ ": load mode " ~ meta.load_mode
            ~ " is none of snapshot, delta, append. Mend loadMode in its contract."
        ) }}
    {%- endif -%}
{%- endmacro %}

{#
  Every row of every batch that the refresh has pinned, with `_position`, as a subquery for
  `from`: also those that a later delivery has replaced. For what was once said and still counts.
#}
{% macro pinned_rows(source_name, feed) -%}
    (
        select feed_row.*, pin.position as _position
        from {{ source(source_name, feed) }} as feed_row
        inner join {{ source("ops", "refresh_batch") }} as pin
            on feed_row._batch_id = pin.batch_id
        where pin.refresh_id = {{ refresh_id() }}
    )
{%- endmacro %}

{#
  `meta` of a source table. While dbt only parses there is no graph yet, so a snapshot with
  a scope stands in: what is parsed is the set of tables read, and it reads the most.
  A unit test has no graph either; it says itself what the feed is:
      overrides: {macros: {feed_meta: {load_mode: snapshot, key: [...], snapshot_scope: []}}}
#}
{% macro feed_meta(source_name, feed) -%}
    {%- if not execute -%}
        {{ return({"load_mode": "snapshot", "key": [], "snapshot_scope": ["scope"]}) }}
    {%- endif -%}
    {%- set unique_id = "source.elevate." ~ source_name ~ "." ~ feed -%}
    {%- if unique_id not in graph.get("sources", {}) -%}
        {{ exceptions.raise_compiler_error(
            "No dbt source " ~ source_name ~ "." ~ feed ~ ". Generate the sources from the contracts; "
            ~ "a unit test overrides the macro feed_meta."
        ) }}
    {%- endif -%}
    {{ return(graph.sources[unique_id].config.meta) }}
{%- endmacro %}
