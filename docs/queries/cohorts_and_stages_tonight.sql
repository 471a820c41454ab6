-- Which schools are in which cohort and stage tonight?
-- Asked by: the programme office, before the weekly call.
-- Read: a cohort's schools move through the stages together; schools that have left are in no row.
-- Columns: cohort, launch_date, stage, schools, names
select
    membership.cohort,
    membership.launch_date,
    membership.stage,
    count(*) as schools,
    string_agg(school.short_name, ', ' order by school.short_name) as names
from marts.fct_cohort_membership as membership
inner join marts.dim_school as school
    on membership.school_id = school.school_id and school.is_current
where membership.is_current
group by membership.cohort, membership.launch_date, membership.stage
order by membership.cohort, membership.stage;
