with cell as (
    {{ shown_cells("cohort") }}
),

launch as (
    select
        cohort,
        min({{ school_year_of("launch_date") }}) as launch_school_year
    from {{ ref("fct_cohort_membership") }}
    group by cohort
)

select
    cell.unit as cohort,
    cell.school_year,
    {{ school_year_label("cell.school_year") }} as school_year_label,
    cell.school_year - launch.launch_school_year as years_since_launch,
    cell.outcome,
    cell.n_schools,
    {{ shown_figures() }}
from cell
left join launch on cell.unit = launch.cohort
