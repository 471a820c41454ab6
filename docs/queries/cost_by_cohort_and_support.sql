-- What does each support cost per pupil, by cohort?
-- Asked by: the district's finance office.
-- Read: what was paid where a feed says so, else what was delivered at the planned price, and without a plan at the
--   term's usual one (cost_basis). Sums over sums of the schools with that support.
-- Columns: school_year, cohort, support, cost_basis, schools, cost_usd, planned_cost_usd, cost_per_pupil_usd
select
    cost.school_year,
    membership.cohort,
    cost.support,
    cost.cost_basis,
    count(*) as schools,
    sum(cost.cost_usd) as cost_usd,
    sum(cost.planned_cost_usd) as planned_cost_usd,
    round(sum(cost.cost_usd) / nullif(sum(cost.pupils), 0), 2) as cost_per_pupil_usd
from marts.agg_support_cost as cost
inner join marts.agg_school_year_membership as membership using (school_id, school_year)
group by cost.school_year, membership.cohort, cost.support, cost.cost_basis
order by cost.school_year, membership.cohort, cost_per_pupil_usd desc, cost.support;
