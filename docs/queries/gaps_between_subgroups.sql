-- How far apart are low-income students and the others in attendance and growth?
-- Asked by: the office of equity.
-- Read: schools of the programme; subgroups as of the first entry of the year, sums over sums. A gap that narrows
--   because the upper side fell is no success.
-- Columns: school_year, cohort, outcome, low_income, others, gap
select
    outcome.school_year,
    membership.cohort,
    outcome.outcome,
    round(
        sum(outcome.numerator) filter (where outcome.subgroup = 'yes')
        / sum(outcome.denominator) filter (where outcome.subgroup = 'yes'), 4
    ) as low_income,
    round(
        sum(outcome.numerator) filter (where outcome.subgroup = 'no')
        / sum(outcome.denominator) filter (where outcome.subgroup = 'no'), 4
    ) as others,
    round(
        sum(outcome.numerator) filter (where outcome.subgroup = 'yes')
        / sum(outcome.denominator) filter (where outcome.subgroup = 'yes')
        - sum(outcome.numerator) filter (where outcome.subgroup = 'no')
        / sum(outcome.denominator) filter (where outcome.subgroup = 'no'), 4
    ) as gap
from marts.agg_school_year_outcome as outcome
inner join marts.agg_school_year_membership as membership using (school_id, school_year)
where outcome.subgroup_dimension = 'low_income' and outcome.grade_band = 'all'
group by outcome.school_year, membership.cohort, outcome.outcome
order by outcome.outcome, membership.cohort, outcome.school_year;
