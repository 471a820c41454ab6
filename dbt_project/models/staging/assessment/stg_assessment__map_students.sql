-- A table, not a view: what is current by term can't be estimated, and joins of two such views
-- would run row by row.
{{ config(materialized='table') }}

select
    identity.student_key,
    feed.term_name,
    feed.school_name,
    feed.school_id,
    feed.grade as grade_level
from {{ current_rows("assessment", "map_students") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
