-- Did students who stayed at their school from fall to spring grow more than those who came in between?
-- Asked by: evaluators and principals.
-- Read: "stayed" had a growth record at the same school in fall and spring of the year. Points of the vendor's scale
--   from fall to spring, and above what the norms project; compare within one subject and year.
-- Columns: school_year, cohort, subject, students, share_stayed, growth_stayed, growth_others, above_projection_stayed
select
    test.school_year,
    coalesce(membership.cohort, 'none') as cohort,
    test.subject,
    sum(test.students_grown) as students,
    round(sum(test.students_grown) filter (where test.tested_in_fall)::numeric / sum(test.students_grown), 3)
        as share_stayed,
    round(
        sum(test.growth) filter (where test.tested_in_fall)
        / sum(test.students_grown) filter (where test.tested_in_fall), 2
    ) as growth_stayed,
    round(
        sum(test.growth) filter (where not test.tested_in_fall)
        / sum(test.students_grown) filter (where not test.tested_in_fall), 2
    ) as growth_others,
    round(
        sum(test.above_projection) filter (where test.tested_in_fall)
        / sum(test.students_projected) filter (where test.tested_in_fall), 2
    ) as above_projection_stayed
from marts.agg_school_term_assessment as test
left join marts.agg_school_year_membership as membership using (school_id, school_year)
where test.students_grown > 0
group by test.school_year, coalesce(membership.cohort, 'none'), test.subject
order by test.school_year, cohort, test.subject;
