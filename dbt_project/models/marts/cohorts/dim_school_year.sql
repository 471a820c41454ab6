select
    school_year,
    school_year_label,
    first_date,
    last_date,
    first_instructional_date,
    last_instructional_date,
    instructional_days,
    {{ night() }} between first_date and last_date as is_current
from {{ ref("int_school_year_dated") }}
