with cell as (
    {{ shown_cells("cohort") }}
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
left join {{ ref("dim_programme_cohort") }} as launch on cell.unit = launch.cohort
