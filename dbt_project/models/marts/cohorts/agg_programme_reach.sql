with membership as (
    select *
    from {{ ref("agg_school_year_membership") }}
)

select
    school_year,
    school_year_label,
    as_of_date,
    count(*) filter (where is_member_ever)::integer as schools_reached,
    count(*) filter (where is_member_as_of)::integer as schools_active,
    count(*) filter (where stage_as_of = 'planning')::integer as schools_planning,
    count(*) filter (where stage_as_of = 'piloting')::integer as schools_piloting,
    count(*) filter (where stage_as_of = 'implementing')::integer as schools_implementing,
    {{ var("programme_reach_target") }} as target_schools,
    date '{{ var("programme_reach_target_date") }}' as target_date,
    (count(*) filter (where is_member_ever)::numeric / {{ var("programme_reach_target") }})::numeric(6, 4)
        as share_of_target
from membership
group by school_year, school_year_label, as_of_date
