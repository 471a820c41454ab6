-- What are attendance, chronic absence and MAP growth by school year and cohort?
-- Asked by: analysts, for the yearly report.
-- Read: sums over sums, never a mean of rates. "none" are the schools outside the programme; a difference to them is no
--   effect.
-- Columns: school_year_label, cohort, outcome, schools, students, mean
select
    school_year.school_year_label,
    coalesce(membership.cohort, 'none') as cohort,
    outcome.outcome,
    count(*) as schools,
    sum(outcome.n_students) as students,
    round(sum(outcome.numerator) / sum(outcome.denominator), 4) as mean
from marts.agg_school_year_outcome as outcome
inner join marts.dim_school_year as school_year on outcome.school_year = school_year.school_year
left join marts.agg_school_year_membership as membership
    on outcome.school_id = membership.school_id and outcome.school_year = membership.school_year
where
    outcome.grade_band = 'all'
    and outcome.subgroup_dimension = 'all'
    and outcome.outcome in (
        'attendance_rate', 'chronic_absence', 'map_growth_fall_to_spring_reading', 'map_growth_fall_to_spring_math'
    )
group by school_year.school_year_label, coalesce(membership.cohort, 'none'), outcome.outcome
order by outcome.outcome, cohort, school_year.school_year_label;
