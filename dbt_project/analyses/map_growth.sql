-- Mean growth of a school from fall to spring, observed and against the norms.
select
    school_id,
    school_year,
    subject,
    norms,
    count(*) as students,
    round(avg(score), 2) as mean_growth,
    round(avg(score - projected_score), 2) as mean_above_projection
from {{ ref("fct_assessment_result") }}
where measure = 'growth_fall_to_spring' and is_growth_record
group by school_id, school_year, subject, norms
