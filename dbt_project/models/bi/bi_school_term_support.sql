-- Software is the one support that is about pupils: its minutes are shown where enough of
-- them used one product in one week of the term.
with used_by_few as (
    select school_id, school_year, term
    from {{ ref("fct_edtech_usage") }}
    group by school_id, school_year, term
    having max(active_students) between 1 and {{ var("small_cell_threshold") }} - 1
),

judged as (
    select
        support.*,
        support.support = 'edtech' and used_by_few.school_id is not null as is_suppressed
    from {{ ref("agg_school_term_support") }} as support
    left join used_by_few
        on
            support.school_id = used_by_few.school_id
            and support.school_year = used_by_few.school_year
            and support.term = used_by_few.term
)

select
    judged.school_id,
    school.short_name as school_name,
    school.school_category,
    coalesce(joined.cohort, 'none') as cohort,
    judged.school_year,
    {{ school_year_label("judged.school_year") }} as school_year_label,
    judged.term,
    {{ school_year_label("judged.school_year") }} || ' ' || judged.term as term_label,
    judged.is_term_over,
    judged.is_term_over
    and judged.school_year || judged.term
    = max(judged.school_year || judged.term) filter (where judged.is_term_over) over () as is_last_term_over,
    judged.support,
    judged.unit,
    judged.is_suppressed,
    judged.planned_quantity,
    judged.due_quantity,
    case when not judged.is_suppressed then
        judged.due_quantity - judged.not_delivered_quantity - judged.unknown_quantity
    end::numeric(14, 2) as delivered_of_due_quantity,
    case when not judged.is_suppressed then judged.not_delivered_quantity end as not_delivered_quantity,
    case when not judged.is_suppressed then judged.unknown_quantity end as unknown_quantity,
    case when not judged.is_suppressed then judged.delivered_quantity end as delivered_quantity,
    judged.planned_cost_usd,
    case when not judged.is_suppressed then judged.cost_usd end as cost_usd,
    judged.cost_basis
from judged
left join {{ ref("int_school_joined") }} as joined on judged.school_id = joined.school_id
left join {{ ref("dim_school") }} as school
    on judged.school_id = school.school_id and school.is_current
