-- What: every incident, course mark and survey answer that the sources have is in its fact, once
--   and whole: rows, and what is added up of them.
-- When it matters: the facts take grade and membership from enrolments; a join that drops or
--   doubles rows changes suspensions, credits and scores without making any look odd.
-- How to resolve: look at the joins of the fact that differs.
with counted as (
    select 'fct_behaviour_incident' as fact, 'in' as side, count(*) as n, sum(out_of_school_suspension_days) as total
    from {{ ref("stg_sis__behavior_incidents") }}
    union all
    select 'fct_behaviour_incident' as fact, 'out' as side, count(*) as n, sum(out_of_school_suspension_days) as total
    from {{ ref("fct_behaviour_incident") }}
    union all
    select 'fct_course_mark' as fact, 'in' as side, count(*) as n, sum(credits) as total
    from {{ ref("stg_sis__course_marks") }}
    union all
    select 'fct_course_mark' as fact, 'out' as side, count(*) as n, sum(credits) as total
    from {{ ref("fct_course_mark") }}
    union all
    select 'fct_survey_response' as fact, 'in' as side, count(*) as n, sum(response) as total
    from {{ ref("stg_assessment__survey_responses") }}
    union all
    select 'fct_survey_response' as fact, 'out' as side, count(*) as n, sum(response) as total
    from {{ ref("fct_survey_response") }}
)

select fact
from counted
group by fact
having min(n) <> max(n) or min(total) <> max(total) or count(*) <> 2
