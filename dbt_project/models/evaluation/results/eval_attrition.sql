-- As estimated for this refresh, see elevate.estimating.
select
    estimated.study,
    estimated.roster_version,
    estimated.sample,
    estimated.outcome,
    estimated.follow_up,
    estimated.level,
    outcome.domain,
    estimated.randomized_treatment,
    estimated.analysed_treatment,
    estimated.randomized_control,
    estimated.analysed_control,
    estimated.overall::numeric(16, 6) as overall,
    estimated.differential::numeric(16, 6) as differential,
    estimated.cautious,
    estimated.optimistic,
    {{ night() }} as night
from {{ source("estimates", "estimate_attrition") }} as estimated
inner join {{ ref("eval_outcome") }} as outcome on estimated.outcome = outcome.outcome
where estimated.refresh_id = {{ refresh_id() }}
