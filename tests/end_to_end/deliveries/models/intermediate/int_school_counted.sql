select
    school.school_id,
    (select count(*) from {{ ref("stg_visit") }} as visit where visit.school_id = school.school_id)::integer as visits,
    (select sum(quantity) from {{ ref("stg_device") }} as device where device.school_id = school.school_id)::integer
        as devices
from {{ ref("stg_school") }} as school
