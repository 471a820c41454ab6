-- What: every MAP result that the source has is in fct_assessment_result once, rostered or not.
-- When it matters: an inner join to the roster silently drops pupils who were tested but not
--   rostered, and they are not like the others.
-- How to resolve: look at the joins of int_map_result_attributed.
with source as (
    select count(*) as results from {{ ref("stg_assessment__map_results") }}
),

mart as (
    select count(*) as results from {{ ref("fct_assessment_result") }}
    where measure = 'rit'
)

select *
from source
cross join mart
where source.results <> mart.results
