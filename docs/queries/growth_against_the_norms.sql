-- What share of students met the growth that the norms project?
-- Asked by: principals and the assessment office.
-- Read: from fall to spring, growth records alone. Compare within one value of norms: they changed in fall 2015. Tests
--   whose school is not known are in no row.
-- Columns: school_year, norms, cohort, subject, students, share_met, mean_percentile
select
    test.school_year,
    test.norms,
    coalesce(membership.cohort, 'none') as cohort,
    test.subject,
    sum(test.students_projected) as students,
    round(sum(test.students_met)::numeric / nullif(sum(test.students_projected), 0), 3) as share_met,
    round(sum(test.percentiles) / nullif(sum(test.students_ranked), 0), 1) as mean_percentile
from marts.agg_school_term_assessment as test
left join marts.agg_school_year_membership as membership using (school_id, school_year)
where test.students_grown > 0
group by test.school_year, test.norms, coalesce(membership.cohort, 'none'), test.subject
order by test.school_year, test.norms, cohort, test.subject;
