-- The teacher's number stays behind: no model needs it.
select
    record_id,
    school_id,
    work_date,
    kind,
    hours,
    amount_usd
from {{ current_rows("supports", "teacher_time") }} as feed
