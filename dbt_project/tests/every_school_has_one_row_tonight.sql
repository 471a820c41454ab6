-- What: the spells of dim_school do not overlap and leave no gap, and exactly one row of each
--   school that has opened holds on the night.
-- When it matters: a join on is_current would drop or double a school in every table.
-- How to resolve: look at int_school_versioned; a closure before the opening in sis.schools is
--   the usual cause, which the feed's suite should have stopped.
with spell as (
    select
        school_id,
        effective_from,
        effective_to,
        opened_on,
        lead(effective_from) over (partition by school_id order by effective_from) as next_from,
        is_current
    from {{ ref("dim_school") }}
)

select school_id
from spell
group by school_id
having
    bool_or(effective_to is distinct from next_from)
    or bool_or(effective_to <= effective_from)
    or (count(*) filter (where is_current) <> 1 and min(opened_on) <= {{ night() }})
union all
select school.school_id
from {{ ref("stg_sis__schools") }} as school
left join {{ ref("dim_school") }} as dim on school.school_id = dim.school_id
where dim.school_id is null
