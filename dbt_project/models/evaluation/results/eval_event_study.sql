-- As estimated for this refresh, see elevate.estimating.
select
    estimated.outcome,
    estimated.school_category,
    estimated.method,
    estimated.cohort,
    estimated.event_time,
    estimated.is_before_launch,
    outcome.unit,
    estimated.estimate::numeric(16, 6) as estimate,
    estimated.standard_error::numeric(16, 6) as standard_error,
    estimated.degrees_of_freedom::numeric(16, 6) as degrees_of_freedom,
    estimated.p_value::numeric(16, 6) as p_value,
    estimated.interval_low::numeric(16, 6) as interval_low,
    estimated.interval_high::numeric(16, 6) as interval_high,
    estimated.n_schools_treated,
    estimated.n_schools_comparison,
    estimated.pretrend_p_value::numeric(16, 6) as pretrend_p_value,
    estimated.not_estimable,
    {{ night() }} as night
from {{ source("estimates", "estimate_event_study") }} as estimated
inner join {{ ref("eval_outcome") }} as outcome on estimated.outcome = outcome.outcome
where estimated.refresh_id = {{ refresh_id() }}
