with launched as (
    select
        cohort,
        min(launch_date) as launch_date,
        count(distinct school_id) filter (where stage_start <= {{ night() }})::integer as schools_joined,
        count(distinct school_id) filter (
            where {{ spell_covers(night(), "stage_start", "stage_end") }}
        )::integer as schools_active
    from {{ ref("int_cohort_membership_capped") }}
    group by cohort
)

select
    cohort,
    launch_date,
    {{ school_year_of("launch_date") }} as launch_school_year,
    {{ school_year_label(school_year_of("launch_date")) }} as launch_school_year_label,
    (launch_date + interval '30 months')::date as journey_end,
    schools_joined,
    schools_active
from launched
