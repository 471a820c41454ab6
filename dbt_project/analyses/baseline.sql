select
    cohort,
    launch_date,
    (
        select max(year.school_year)
        from {{ ref("dim_school_year") }} as year
        where year.last_date < programme.launch_date
    ) as baseline_school_year
from {{ ref("dim_programme_cohort") }} as programme
