-- How often are students suspended out of school, and how many of them, by school year and cohort?
-- Asked by: the office of social and emotional learning.
-- Read: `per_100` counts suspensions for 100 members, `students_percent` members suspended at least once. A year
--   that is not over has less of both: compare it with no other. Schools differ in what they report.
-- Columns: school_year, cohort, members, per_100, students_percent
select
    outcome.school_year,
    coalesce(membership.cohort, 'none') as cohort,
    sum(outcome.n_students) filter (where outcome.outcome = 'suspended_out_of_school') as members,
    round(
        sum(outcome.numerator) filter (where outcome.outcome = 'out_of_school_suspensions_per_100')
        / sum(outcome.denominator) filter (where outcome.outcome = 'out_of_school_suspensions_per_100'), 2
    ) as per_100,
    round(
        100 * sum(outcome.numerator) filter (where outcome.outcome = 'suspended_out_of_school')
        / sum(outcome.denominator) filter (where outcome.outcome = 'suspended_out_of_school'), 2
    ) as students_percent
from marts.agg_school_year_outcome as outcome
left join marts.agg_school_year_membership as membership
    on outcome.school_id = membership.school_id and outcome.school_year = membership.school_year
where
    outcome.outcome in ('suspended_out_of_school', 'out_of_school_suspensions_per_100')
    and outcome.grade_band = 'all'
    and outcome.subgroup_dimension = 'all'
group by outcome.school_year, membership.cohort
order by outcome.school_year, cohort;
