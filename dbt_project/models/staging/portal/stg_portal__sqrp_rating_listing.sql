-- One row a school, workbook and delivery of the workbook: who was listed, also where a later
-- delivery of the workbook no longer has the school.
select
    vintage,
    -- Workbook 2017_18 holds data of 2017.
    left(vintage, 4)::integer as school_year,
    school_id::text as school_id,
    min(school_name) as school_name,
    _position as delivery,
    _position = max(_position) over (partition by vintage) as is_current
from {{ pinned_rows("portal", "sqrp_rating") }} as sqrp_rating
group by vintage, school_id, _position
