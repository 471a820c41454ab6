select
    school_id,
    school_name,
    short_name,
    school_category,
    school_type,
    network,
    lowest_grade,
    highest_grade,
    opened_on,
    -- The source sends the last day; spells of this warehouse end on the first day after.
    closed_on + 1 as closed_from,
    merged_into_school_id
from {{ current_rows("sis", "schools") }} as feed
