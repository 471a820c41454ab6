-- What: the pupils that agg_support_cost divides by are the days of membership of
--   agg_school_month_attendance over the year's days of school so far.
-- When it matters: eval_cost_effectiveness takes the pupils of schools without any support from
--   there. Were the counts two, a part of the programme's price would be their difference.
-- How to resolve: compare int_school_term_enrollment with the months of a school that is listed.
with counted as (
    select
        membership.school_id,
        membership.school_year,
        sum(membership.days_enrolled)::numeric / year.days_elapsed as pupils
    from {{ ref("agg_school_month_attendance") }} as membership
    inner join (
        select
            school_year,
            count(*) filter (where is_instructional and calendar_date <= {{ night() }}) as days_elapsed
        from {{ ref("dim_date") }}
        group by school_year
    ) as year on membership.school_year = year.school_year
    group by membership.school_id, membership.school_year, year.days_elapsed
)

select
    cost.school_id,
    cost.school_year,
    cost.pupils,
    counted.pupils as pupils_counted
from {{ ref("agg_support_cost") }} as cost
left join counted on cost.school_id = counted.school_id and cost.school_year = counted.school_year
where coalesce(cost.pupils, 0) <> coalesce(counted.pupils::numeric(10, 2), 0)
