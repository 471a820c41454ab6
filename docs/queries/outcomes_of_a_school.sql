-- How did one school do, year by year?
-- Asked by: principals and network chiefs.
-- Read: put another name for BASS; n_students says how much a mean is worth; the running year is the year so far.
-- Columns: school_year, outcome, n_students, mean
select
    outcome.school_year,
    outcome.outcome,
    outcome.n_students,
    outcome.mean
from marts.agg_school_year_outcome as outcome
inner join marts.dim_school as school
    on outcome.school_id = school.school_id and school.is_current
where school.short_name = 'BASS' and outcome.grade_band = 'all' and outcome.subgroup_dimension = 'all'
order by outcome.outcome, outcome.school_year;
