-- Do schools buy teachers' time with substitutes or with extended-day pay, and at what price?
-- Asked by: the district's finance office.
-- Read: hours and dollars paid, by school year. Each kind frees or adds a teacher's hour; the prices differ.
-- Columns: school_year, cohort, schools, substitute_usd, extended_day_usd, share_extended_day, usd_per_hour_substitute,
--          usd_per_hour_extended_day
select
    spent.school_year,
    membership.cohort,
    count(distinct spent.school_id) as schools,
    sum(spent.amount_usd) filter (where spent.kind = 'substitute') as substitute_usd,
    sum(spent.amount_usd) filter (where spent.kind = 'extended_day') as extended_day_usd,
    round(
        coalesce(sum(spent.amount_usd) filter (where spent.kind = 'extended_day'), 0) / sum(spent.amount_usd), 3
    ) as share_extended_day,
    round(
        sum(spent.amount_usd) filter (where spent.kind = 'substitute')
        / nullif(sum(spent.hours) filter (where spent.kind = 'substitute'), 0), 2
    ) as usd_per_hour_substitute,
    round(
        sum(spent.amount_usd) filter (where spent.kind = 'extended_day')
        / nullif(sum(spent.hours) filter (where spent.kind = 'extended_day'), 0), 2
    ) as usd_per_hour_extended_day
from marts.fct_teacher_time as spent
inner join marts.agg_school_year_membership as membership using (school_id, school_year)
group by spent.school_year, membership.cohort
order by spent.school_year, membership.cohort;
