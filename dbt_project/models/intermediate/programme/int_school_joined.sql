-- Schools of the programme, each with the cohort that it joined and the day on which it did.
-- A school joins once: with a second cohort or launch it has a second row, which a test stops.
select
    school_id,
    cohort,
    launch_date,
    min(stage_start) as joined_on
from {{ ref("int_cohort_membership_capped") }}
group by school_id, cohort, launch_date
