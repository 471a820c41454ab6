select
    school_id,
    effective_from,
    effective_to,
    {{ spell_covers(night(), "effective_from", "effective_to") }} as is_current,
    school_name,
    short_name,
    school_category,
    school_type,
    network,
    lowest_grade,
    highest_grade,
    opened_on,
    closed_from,
    is_open,
    successor_school_id
from {{ ref("int_school_versioned") }}
