select school_id, visits, devices from {{ ref("int_school_counted") }}
