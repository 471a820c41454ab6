select student_id, school_id, absence_date from {{ ref("stg_absence") }}
