-- What is published of the evaluation tonight and was published otherwise, or not at all, before.
with basis as (
    select * from {{ ref("int_restatement_basis") }}
),

before as (
    select figure.table_name, figure.figure, figure.content
    from {{ source("ops", "figure") }} as figure
    cross join basis
    where
        figure.from_publication < basis.before_publication
        and coalesce(figure.to_publication >= basis.before_publication, true)
),

compared as (
    select
        table_name,
        figure,
        before.content as content_before,
        built.content as content_after
    from before
    full join {{ ref("int_figure_built") }} as built using (table_name, figure)
    where before.content is distinct from built.content
),

pinned as (
    select
        batch.batch_id,
        batch.source || '.' || batch.feed as feed,
        bool_or(pin.refresh_id = basis.marts_refresh_id) as is_pinned,
        bool_or(pin.refresh_id = basis.marts_refresh_id_before) as was_pinned
    from {{ source("ops", "refresh_batch") }} as pin
    inner join basis on pin.refresh_id in (basis.marts_refresh_id, basis.marts_refresh_id_before)
    inner join {{ source("ops", "batch") }} as batch on pin.batch_id = batch.batch_id
    group by batch.batch_id, batch.source, batch.feed
),

-- Of a feed with new batches these are named; of one without, those that are no longer read.
moved as (
    select
        feed,
        batch_id,
        case when is_pinned then feed || '#' || batch_id else 'without ' || feed || '#' || batch_id end as label
    from (
        select
            *,
            bool_or(is_pinned and was_pinned is not true) over (partition by feed) as has_new
        from pinned
    ) as batch
    where (is_pinned and was_pinned is not true) or (is_pinned is not true and not has_new)
),

cause as (
    select
        of_table.table_name,
        (
            select string_agg(moved.label, ', ' order by moved.feed, moved.batch_id)
            from moved
            where moved.feed = any(string_to_array(of_table.feeds, ' '))
        ) as batches
    from (select distinct table_name, feeds from {{ ref("int_figure_built") }}) as of_table
),

line as (
    select
        table_name,
        figure,
        '*' as column_name,
        case when content_before is null then 'new' else 'withdrawn' end as kind,
        (content_before - array(select jsonb_object_keys(figure)))::text as value_before,
        (content_after - array(select jsonb_object_keys(figure)))::text as value_after,
        null::numeric as change
    from compared
    where content_before is null or content_after is null
    union all
    select
        compared.table_name,
        compared.figure,
        cell.column_name,
        'restated' as kind,
        compared.content_before ->> cell.column_name as value_before,
        compared.content_after ->> cell.column_name as value_after,
        case
            when
                jsonb_typeof(compared.content_before -> cell.column_name) = 'number'
                and jsonb_typeof(compared.content_after -> cell.column_name) = 'number'
                then
                    (compared.content_after ->> cell.column_name)::numeric
                    - (compared.content_before ->> cell.column_name)::numeric
        end as change
    from compared
    cross join lateral jsonb_object_keys(compared.content_before || compared.content_after) as cell (column_name)
    where
        nullif(compared.content_before -> cell.column_name, 'null')
        is distinct from nullif(compared.content_after -> cell.column_name, 'null')
),

explained as (
    select
        line.*,
        basis.night_before,
        cause.batches,
        concat_ws(
            '; ',
            case when basis.is_first then 'the first publication' end,
            case when cause.batches is not null then 'other batches' end,
            case when basis.is_other_code then 'other code' end,
            case when {{ moved_with_the_night("line.figure", "basis.night_before") }} then 'a later day of a school year' end,
            'records removed by ' || basis.purges
        ) as explanation
    from line
    cross join basis
    left join cause on line.table_name = cause.table_name
)

select
    table_name,
    figure::text as figure,
    column_name,
    kind,
    night_before,
    {{ night() }} as night,
    value_before,
    value_after,
    round(change, 6)::numeric(24, 6) as change,
    batches,
    explanation <> '' as is_explained,
    case
        when explanation <> '' then explanation
        else 'nothing: the same batches, code and days of school as before'
    end as explanation
from explained
