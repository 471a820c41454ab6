-- What share of students met the growth that the norms project?
-- Asked by: principals and the assessment office.
-- Read: from fall to spring, growth records alone. Compare within one value of norms: they changed in fall 2015.
-- Columns: school_year, norms, cohort, subject, students, share_met, mean_percentile
select
    result.school_year,
    result.norms,
    coalesce(membership.cohort, 'none') as cohort,
    result.subject,
    count(result.projected_score) as students,
    round(avg((result.score >= result.projected_score)::integer), 3) as share_met,
    round(avg(result.norm_percentile), 1) as mean_percentile
from marts.fct_assessment_result as result
left join marts.agg_school_year_membership as membership using (school_id, school_year)
where result.measure = 'growth_fall_to_spring' and result.is_growth_record
group by result.school_year, result.norms, coalesce(membership.cohort, 'none'), result.subject
order by result.school_year, result.norms, cohort, result.subject;
