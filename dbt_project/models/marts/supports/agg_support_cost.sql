with enrollment as (
    -- Average daily membership of the year so far: days over days, never a mean of terms.
    select
        enrollment.school_id,
        enrollment.school_year,
        sum(enrollment.membership_days)::numeric / nullif(year.days_elapsed, 0) as pupils
    from {{ ref("int_school_term_enrollment") }} as enrollment
    inner join (
        select
            school_year,
            sum(days_elapsed) as days_elapsed
        from {{ ref("int_term_dated") }}
        group by school_year
    ) as year
        on enrollment.school_year = year.school_year
    group by enrollment.school_id, enrollment.school_year, year.days_elapsed
),

cost as (
    select
        school_id,
        school_year,
        support,
        -- Of the term whose cost is the least sure.
        (array_agg(cost_basis order by array_position(
            array['no price', 'usual price', 'planned price', 'paid'], cost_basis
        )))[1] as cost_basis,
        sum(planned_cost_usd) as planned_cost_usd,
        {{ sum_if_known("cost_usd") }} as cost_usd
    from {{ ref("agg_school_term_support") }}
    group by school_id, school_year, support
)

select
    cost.school_id,
    cost.school_year,
    cost.support,
    cost.cost_basis,
    cost.planned_cost_usd::numeric(14, 2) as planned_cost_usd,
    cost.cost_usd::numeric(14, 2) as cost_usd,
    enrollment.pupils::numeric(10, 2) as pupils,
    {{ per_pupil("cost.cost_usd", "enrollment.pupils") }}::numeric(14, 2) as cost_per_pupil_usd
from cost
left join enrollment
    on cost.school_id = enrollment.school_id and cost.school_year = enrollment.school_year
