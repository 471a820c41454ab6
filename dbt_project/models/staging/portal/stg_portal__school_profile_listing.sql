-- One row a school, file and delivery of the file: who was listed, also where the portal has
-- edited the file since and the school is no longer in it.
select
    vintage,
    -- The year is the one inside, as in stg_portal__school_profile.
    right(school_year, 4)::integer as school_year,
    school_id::text as school_id,
    short_name as school_name,
    network,
    _position as delivery,
    _position = max(_position) over (partition by vintage) as is_current
from {{ pinned_rows("portal", "school_profile") }} as school_profile
