-- Which school years a batch holds rows of, once for each batch; null where its feed has none.
--
-- A correction may move a row to another school year: the year it leaves changes, too, so
-- where the year is no part of the key, the batch counts for the years of all its keys.
{{ config(materialized="incremental", incremental_strategy="append") }}

with new_batch as (
    select pinned.batch_id, pinned.source, pinned.feed
    from {{ ref("stg_ops__pinned_batch") }} as pinned
    {%- if is_incremental() %}
    where not exists (select from {{ this }} as known where known.batch_id = pinned.batch_id)
    {%- endif %}
)

{{ school_years_of_batches("new_batch") }}
