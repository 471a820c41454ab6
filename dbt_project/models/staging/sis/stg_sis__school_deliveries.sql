-- Every roster of schools that this refresh has pinned, not only the newest: the source sends
-- attributes as of the night, so their history is the history of deliveries.
with delivery as (
    select
        night,
        max(batch_id) as batch_id
    from {{ ref("stg_ops__pinned_batch") }}
    where source = 'sis' and feed = 'schools'
    group by night
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
