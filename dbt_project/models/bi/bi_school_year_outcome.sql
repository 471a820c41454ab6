with cell as (
    {{ shown_cells("school") }}
)

select
    cell.unit as school_id,
    school.short_name as school_name,
    school.school_category,
    cell.cohort,
    cell.school_year,
    {{ school_year_label("cell.school_year") }} as school_year_label,
    cell.outcome,
    case
        when cell.grade_band = 'all' then cell.subgroup_dimension
        when cell.subgroup_dimension = 'all' then 'grade_band'
        else 'grade_band and ' || cell.subgroup_dimension
    end as breakdown,
    case
        when cell.grade_band = 'all' then cell.subgroup
        when cell.subgroup_dimension = 'all' then cell.grade_band
        else cell.grade_band || ', ' || cell.subgroup
    end as category,
    {{ shown_figures() }},
    case when cell.shows = 'everything' then cell.sd end as sd,
    cell.grade_band,
    cell.subgroup_dimension,
    cell.subgroup
from cell
left join {{ ref("dim_school") }} as school on cell.unit = school.school_id and school.is_current
