select
    record.record_id,
    record.school_id,
    record.work_date,
    calendar.school_year,
    calendar.term,
    record.kind,
    record.hours::numeric(6, 2) as hours,
    record.amount_usd::numeric(12, 2) as amount_usd
from {{ ref("stg_supports__teacher_time") }} as record
left join {{ ref("stg_sis__calendar") }} as calendar on record.work_date = calendar.calendar_date
where record.work_date <= {{ night() }}
