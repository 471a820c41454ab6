-- Every record of the registration that this refresh has pinned, not only the newest: the
-- office sends it as of the night, so its history is the history of deliveries.
with delivery as (
    select
        night,
        max(batch_id) as batch_id
    from {{ ref("stg_ops__pinned_batch") }}
    where source = 'study' and feed = 'registration'
    group by night
)

select
    delivery.night,
    feed.study,
    feed.title,
    feed.status,
    feed.doi,
    feed.registered_on,
    feed.starts_on,
    feed.ends_on,
    feed.investigators,
    feed.unit_of_randomization
from delivery
inner join {{ source("study", "registration") }} as feed on delivery.batch_id = feed._batch_id
