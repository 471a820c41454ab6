-- A school's attributes as spells. The first version known reaches back to the opening; a
-- later one begins on the night it was first seen; a closed school gets one more, from its
-- first closed day on, that names its successor.
with changed as (
    select
        *,
        coalesce(attributes <> lag(attributes) over (partition by school_id order by night), true) as is_new
    from (
        select
            *,
            row(school_name, short_name, school_category, school_type, network,
                lowest_grade, highest_grade)::text as attributes
        from {{ ref("stg_sis__school_deliveries") }}
    ) as delivery
),

version as (
    select
        changed.*,
        school.opened_on,
        school.closed_from,
        school.merged_into_school_id,
        case
            when row_number() over (partition by changed.school_id order by changed.night) = 1
                then least(school.opened_on, changed.night)
            else changed.night
        end as effective_from
    from changed
    inner join {{ ref("stg_sis__schools") }} as school on changed.school_id = school.school_id
    where changed.is_new
),

open_version as (
    select
        *,
        true as is_open,
        null as successor_school_id
    from version
    where closed_from is null or effective_from < closed_from
),

last_open as (
    select distinct on (school_id) *
    from open_version
    order by school_id, effective_from desc
),

every_version as (
    select
        school_id, school_name, short_name, school_category, school_type, network,
        lowest_grade, highest_grade, opened_on, closed_from,
        effective_from, is_open, successor_school_id
    from open_version
    union all
    select
        school_id, school_name, short_name, school_category, school_type, network,
        lowest_grade, highest_grade, opened_on, closed_from,
        closed_from as effective_from, false as is_open, merged_into_school_id
    from last_open
    where closed_from <= {{ night() }}
)

select
    *,
    lead(effective_from) over (partition by school_id order by effective_from) as effective_to
from every_version
