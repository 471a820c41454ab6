select
    metric.school_id,
    metric.metric,
    metric.school_year,
    school.school_name,
    school.category,
    school.school_type,
    school.cohort,
    school.cohort is not null as is_treated,
    school.is_comparison_eligible,
    metric.value,
    metric.source_feed,
    metric.vintage
from {{ ref("fct_public_school_metric") }} as metric
inner join {{ ref("dim_public_school") }} as school on metric.school_id = school.school_id
-- What a school is, is no result of it.
where metric.is_current and metric.source_feed <> 'school_profile'
