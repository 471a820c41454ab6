select
    batch.batch_id,
    batch.source,
    batch.feed,
    batch.night
from {{ source("ops", "refresh_batch") }} as pin
inner join {{ source("ops", "batch") }} as batch on pin.batch_id = batch.batch_id
where pin.refresh_id = {{ refresh_id() }}
