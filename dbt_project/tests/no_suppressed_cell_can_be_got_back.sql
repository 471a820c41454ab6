-- What: no small cell is shown, and none follows from a published total less the published parts: of a
--   school by grade band, by subgroup or by both at once, or of a cohort by school. The attack is made
--   with the true numbers of students, which BI can't see. That several lines together give nothing
--   back either is proven in tests/disclosure.
-- When it matters: always. One row here is a child that BI can find.
-- How to resolve: do not publish. Look at docs/decisions/0006; a new published total needs its line there.
with cell as (
    select
        cell.*,
        coalesce(school.is_suppressed, cohort.is_suppressed) as is_suppressed
    from {{ ref("int_bi_cell") }} as cell
    left join {{ ref("bi_school_year_outcome") }} as school
        on
            cell.level = 'school'
            and cell.unit = school.school_id
            and cell.school_year = school.school_year
            and cell.outcome = school.outcome
            and cell.grade_band = school.grade_band
            and cell.subgroup_dimension = school.subgroup_dimension
            and cell.subgroup = school.subgroup
    left join {{ ref("bi_cohort_year_outcome") }} as cohort
        on
            cell.level = 'cohort'
            and cell.unit = cohort.cohort
            and cell.school_year = cohort.school_year
            and cell.outcome = cohort.outcome
),

line as (
    select
        'a total of a school less its ' || part.subgroup_dimension as leak,
        part.unit, part.school_year, part.outcome, part.grade_band || ' of ' || part.subgroup_dimension as line,
        part.n_students, part.is_suppressed, total.is_suppressed as is_total_suppressed
    from cell as part
    inner join cell as total
        on
            part.level = total.level
            and part.unit = total.unit
            and part.school_year = total.school_year
            and part.outcome = total.outcome
            and part.grade_band = total.grade_band
            and total.subgroup_dimension = 'all'
    where part.subgroup_dimension <> 'all'
    union all
    select
        'a total of a school less its grade bands' as leak,
        part.unit, part.school_year, part.outcome, part.subgroup_dimension || ' ' || part.subgroup as line,
        part.n_students, part.is_suppressed, total.is_suppressed as is_total_suppressed
    from cell as part
    inner join cell as total
        on
            part.level = total.level
            and part.unit = total.unit
            and part.school_year = total.school_year
            and part.outcome = total.outcome
            and part.subgroup_dimension = total.subgroup_dimension
            and part.subgroup = total.subgroup
            and total.grade_band = 'all'
    where part.grade_band <> 'all'
    union all
    select
        'a total of a cohort less its schools' as leak,
        part.cohort as unit, part.school_year, part.outcome, 'schools' as line,
        part.n_students, part.is_suppressed, total.is_suppressed as is_total_suppressed
    from cell as part
    inner join cell as total
        on
            part.cohort = total.unit
            and part.school_year = total.school_year
            and part.outcome = total.outcome
            and total.level = 'cohort'
    where part.level = 'school' and part.grade_band = 'all' and part.subgroup_dimension = 'all'
)

select
    leak, unit, school_year, outcome, line
from line
group by leak, unit, school_year, outcome, line, is_total_suppressed
having
    not is_total_suppressed
    and bool_or(is_suppressed)
    and (
        count(*) filter (where is_suppressed) < 2
        or sum(n_students) filter (where is_suppressed) < {{ var("small_cell_threshold") }}
    )
union all
select
    leak, unit, school_year, outcome, line
from line
group by leak, unit, school_year, outcome, line, is_total_suppressed
having is_total_suppressed and not bool_or(is_suppressed)
union all
select
    'a small cell is shown' as leak, unit, school_year, outcome, subgroup as line
from cell
where is_suppressed is not true and n_students < {{ var("small_cell_threshold") }}
