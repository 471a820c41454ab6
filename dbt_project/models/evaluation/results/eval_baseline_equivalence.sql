-- As estimated for this refresh, see elevate.estimating.
select
    estimated.study,
    estimated.roster_version,
    estimated.sample,
    estimated.outcome,
    estimated.follow_up,
    estimated.covariate,
    outcome.domain,
    estimated.measure,
    estimated.mean_treatment::numeric(16, 6) as mean_treatment,
    estimated.mean_control::numeric(16, 6) as mean_control,
    estimated.standard_deviation::numeric(16, 6) as standard_deviation,
    estimated.difference::numeric(16, 6) as difference,
    estimated.effect_size::numeric(16, 6) as effect_size,
    estimated.verdict,
    estimated.joint_p_value::numeric(16, 6) as joint_p_value,
    estimated.n_schools_treatment,
    estimated.n_schools_control,
    estimated.n_students_treatment,
    estimated.n_students_control,
    estimated.not_estimable,
    {{ night() }} as night
from {{ source("estimates", "estimate_equivalence") }} as estimated
inner join {{ ref("eval_outcome") }} as outcome on estimated.outcome = outcome.outcome
where estimated.refresh_id = {{ refresh_id() }}
