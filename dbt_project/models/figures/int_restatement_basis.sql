-- What tonight's figures are compared with, in one row: the publication before which the history
-- is read, the one that was served until then, and what differs between it and this refresh.
--
-- That is what is served now; but where this night has changed the figures already and the
-- candidate is the same again, what was served before, so that a night run twice says the same.
{{ config(schema="intermediate", materialized="table") }}
with served as (
    select table_name, figure, content
    from {{ source("ops", "figure") }}
    where to_publication is null
),

built as (
    select table_name, figure, content
    from {{ ref("int_figure_built") }}
),

difference as (
    select
        exists (select * from built except select * from served)
        or exists (select * from served except select * from built) as is_another
),

last_change as (
    select publication.publication_id
    from {{ source("ops", "publication") }} as publication
    where
        publication.night = {{ night() }}
        and publication.publication_id = (
            select greatest(max(from_publication), max(to_publication)) from {{ source("ops", "figure") }}
        )
),

compared as (
    select
        case
            when difference.is_another or last_change.publication_id is null
                then (select coalesce(max(publication_id), 0) + 1 from {{ source("ops", "publication") }})
            else last_change.publication_id
        end as before_publication
    from difference
    left join last_change on true
),

reference as (
    select
        publication.night,
        refresh.marts_refresh_id,
        refresh.code,
        marts.code as marts_code,
        marts.opened_at
    from {{ source("ops", "publication") }} as publication
    inner join compared on publication.publication_id < compared.before_publication
    inner join {{ source("ops", "refresh") }} as refresh on publication.refresh_id = refresh.refresh_id
    inner join {{ source("ops", "refresh") }} as marts on refresh.marts_refresh_id = marts.refresh_id
    where publication.kind = 'evaluation'
    order by publication.publication_id desc
    limit 1
),

this as (
    select
        refresh.marts_refresh_id,
        refresh.code,
        marts.code as marts_code
    from {{ source("ops", "refresh") }} as refresh
    inner join {{ source("ops", "refresh") }} as marts on refresh.marts_refresh_id = marts.refresh_id
    where refresh.refresh_id = {{ refresh_id() }}
)

select
    compared.before_publication,
    reference.night as night_before,
    this.marts_refresh_id,
    reference.marts_refresh_id as marts_refresh_id_before,
    not exists (
        select 1 from {{ source("ops", "figure") }} as figure
        where figure.from_publication < compared.before_publication
    ) as is_first,
    (this.code, this.marts_code) is distinct from (reference.code, reference.marts_code) as is_other_code,
    (
        select string_agg('purge ' || purge.purge_id, ', ' order by purge.purge_id)
        from {{ source("ops", "purge") }} as purge
        where purge.purged_at > reference.opened_at
    ) as purges
from compared
cross join this
left join reference on true
