select
    assignment.study,
    assignment.roster_version,
    assignment.school_id,
    assignment.block,
    assignment.arm,
    assignment.randomized_on,
    assignment.participated,
    assignment.roster_version = max(assignment.roster_version) over (partition by assignment.study)
        as is_current_version,
    cohort.cohort,
    cohort.launch_date,
    cohort.launch_school_year
from {{ ref("stg_study__study_assignment") }} as assignment
-- The cohort that a draw was made for is the next to launch, for controls too. A draw can be
-- known before its cohort is announced: then there is none yet.
left join lateral (
    select
        programme.cohort,
        programme.launch_date,
        programme.launch_school_year
    from {{ ref("dim_programme_cohort") }} as programme
    where programme.launch_date > assignment.randomized_on
    order by programme.launch_date, programme.cohort
    limit 1
) as cohort on true
