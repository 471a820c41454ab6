-- Terms that have begun by the night, with their instructional days so far.
select
    school_year,
    term,
    min(calendar_date) as first_date,
    max(calendar_date) as last_date,
    count(*) filter (where is_instructional and calendar_date <= {{ night() }})::integer as days_elapsed
from {{ ref("stg_sis__calendar") }}
group by school_year, term
having min(calendar_date) <= {{ night() }}
