-- One row a school, file and delivery of the file: who was listed, also where the portal has
-- edited the file since and the school is no longer in it.
select
    vintage,
    school_id::text as school_id,
    short_name as school_name,
    school_type,
    primary_category as category,
    progress_report_year as report_year,
    _position as delivery,
    _position = max(_position) over (partition by vintage) as is_current
from {{ pinned_rows("portal", "school_progress_report") }} as progress_report
