-- What: with everything that BI can read, no small cell and no small group of cells follows from
--   a published total less the published parts: not from a school's total, not from a cohort's.
--   The attack is made with the true numbers of students, from the mart that BI can't see.
-- When it matters: always. One line here is a child that BI can find.
-- How to resolve: do not publish. Look at the macro flag_small_cells and at the lines that
--   bi_school_year_outcome protects; a new published total needs a protected line of its own.
with cell as (
    select
        bi.school_id, bi.cohort, bi.school_year, bi.outcome, bi.breakdown, bi.category, bi.is_suppressed,
        mart.n_students
    from {{ ref("bi_school_year_outcome") }} as bi
    inner join {{ ref("agg_school_year_outcome") }} as mart
        on
            bi.school_id = mart.school_id
            and bi.school_year = mart.school_year
            and bi.outcome = mart.outcome
            and bi.breakdown
            = case when mart.grade_band <> 'all' then 'grade_band' else mart.subgroup_dimension end
            and bi.category = case when mart.grade_band <> 'all' then mart.grade_band else mart.subgroup end
            and (mart.grade_band = 'all' or mart.subgroup_dimension = 'all')
),

shown_small as (
    select 'a small cell is shown' as leak, school_id, school_year, outcome, breakdown
    from cell
    where not is_suppressed and n_students < {{ var("small_cell_threshold") }}
),

from_school as (
    select 'a school total less its categories' as leak, part.school_id, part.school_year, part.outcome, part.breakdown
    from cell as part
    inner join cell as total
        on
            part.school_id = total.school_id
            and part.school_year = total.school_year
            and part.outcome = total.outcome
            and total.breakdown = 'all'
            and not total.is_suppressed
    where part.breakdown <> 'all' and part.is_suppressed
    group by part.school_id, part.school_year, part.outcome, part.breakdown
    having count(*) < 2 or sum(part.n_students) < {{ var("small_cell_threshold") }}
),

-- A total that is suppressed follows from its categories if all of them are shown.
from_categories as (
    select
        'a suppressed total from its categories' as leak, part.school_id, part.school_year, part.outcome, part.breakdown
    from cell as part
    inner join cell as total
        on
            part.school_id = total.school_id
            and part.school_year = total.school_year
            and part.outcome = total.outcome
            and total.breakdown = 'all'
            and total.is_suppressed
    where part.breakdown <> 'all'
    group by part.school_id, part.school_year, part.outcome, part.breakdown
    having not bool_or(part.is_suppressed)
),

from_cohort as (
    select 'a cohort total less its schools' as leak, cell.cohort, cell.school_year, cell.outcome, cell.breakdown
    from cell
    inner join {{ ref("bi_cohort_year_outcome") }} as cohort
        on
            cell.cohort = cohort.cohort
            and cell.school_year = cohort.school_year
            and cell.outcome = cohort.outcome
            and not cohort.is_suppressed
    where cell.breakdown = 'all' and cell.is_suppressed
    group by cell.cohort, cell.school_year, cell.outcome, cell.breakdown
    having count(*) < 2 or sum(cell.n_students) < {{ var("small_cell_threshold") }}
)

select * from shown_small
union all
select * from from_school
union all
select * from from_categories
union all
select * from from_cohort
