-- Every figure of tonight's candidate of the evaluation, whatever its table, in the form in which
-- elevate.figures keeps what was published: its key, its content without the night, and the feeds
-- that it comes from.
{{ config(schema="intermediate", materialized="table") }}
{% for node in figure_models() %}
select
    '{{ node.alias }}' as table_name,
    jsonb_build_object(
        {%- for column in primary_key_of(node) %}'{{ column }}', {{ column }}{{ ", " if not loop.last }}{% endfor -%}
    ) as figure,
    to_jsonb(built) - 'night' as content,
    '{{ feeds_behind(node.unique_id) | join(" ") }}' as feeds
from {{ node.schema }}.{{ node.alias }} as built
union all
{% endfor %}
select
    null::text as table_name,
    null::jsonb as figure,
    null::jsonb as content,
    null::text as feeds
where false
