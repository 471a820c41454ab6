-- One row a named school of the programme.
select
    school_id,
    cohort,
    seed_name as school_name,
    category
from {{ current_rows("portal", "elevate_school") }} as elevate_school
