-- Did students who stayed at their school from fall to spring grow more than those who came in between?
-- Asked by: evaluators and principals.
-- Read: "stayed" had a growth record at the same school in fall and spring of the year. Points of the vendor's scale
--   from fall to spring, and above what the norms project; compare within one subject and year.
-- Columns: school_year, cohort, subject, students, share_stayed, growth_stayed, growth_others, above_projection_stayed
with spring as (
    select
        result.*,
        exists(
            select 1 from marts.fct_assessment_result as fall
            where
                fall.student_key = result.student_key
                and fall.school_id = result.school_id
                and fall.school_year = result.school_year
                and fall.subject = result.subject
                and fall.season = 'fall'
                and fall.measure = 'rit'
                and fall.is_growth_record
        ) as stayed
    from marts.fct_assessment_result as result
    where result.measure = 'growth_fall_to_spring' and result.is_growth_record and result.school_id is not null
)

select
    spring.school_year,
    coalesce(membership.cohort, 'none') as cohort,
    spring.subject,
    count(*) as students,
    round(avg(spring.stayed::integer), 3) as share_stayed,
    round(avg(spring.score) filter (where spring.stayed), 2) as growth_stayed,
    round(avg(spring.score) filter (where not spring.stayed), 2) as growth_others,
    round(avg(spring.score - spring.projected_score) filter (where spring.stayed), 2) as above_projection_stayed
from spring
left join marts.agg_school_year_membership as membership using (school_id, school_year)
group by spring.school_year, coalesce(membership.cohort, 'none'), spring.subject
order by spring.school_year, cohort, spring.subject;
