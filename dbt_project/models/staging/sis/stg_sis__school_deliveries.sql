-- Every roster of schools that was accepted up to this refresh, not only the newest: the
-- source sends attributes as of the night, so their history is the history of deliveries.
-- Bounded by the pinned batch, so that a past night built again reads what it read then.
with newest_pinned as (
    select max(batch_id) as batch_id
    from {{ ref("stg_ops__pinned_batch") }}
    where source = 'sis' and feed = 'schools'
),

delivery as (
    select
        batch.night,
        max(batch.batch_id) as batch_id
    from {{ source("ops", "batch") }} as batch
    inner join newest_pinned on batch.batch_id <= newest_pinned.batch_id
    where
        batch.source = 'sis'
        and batch.feed = 'schools'
        and batch.verdict = 'green'
        and batch.night <= {{ night() }}
    group by batch.night
)

select
    delivery.night,
    feed.school_id,
    feed.school_name,
    feed.short_name,
    feed.school_category,
    feed.school_type,
    feed.network,
    feed.lowest_grade,
    feed.highest_grade
from delivery
inner join {{ source("sis", "schools") }} as feed on delivery.batch_id = feed._batch_id
