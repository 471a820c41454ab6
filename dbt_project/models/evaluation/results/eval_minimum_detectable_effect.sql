-- As estimated for this refresh, see elevate.estimating.
select
    estimated.study,
    estimated.roster_version,
    estimated.sample,
    estimated.outcome,
    estimated.follow_up,
    estimated.design,
    outcome.unit,
    estimated.schools,
    estimated.blocks,
    estimated.students_per_school::numeric(16, 6) as students_per_school,
    estimated.share_treated::numeric(16, 6) as share_treated,
    estimated.icc::numeric(16, 6) as icc,
    estimated.r2_schools::numeric(16, 6) as r2_schools,
    estimated.r2_students::numeric(16, 6) as r2_students,
    estimated.degrees_of_freedom::numeric(16, 6) as degrees_of_freedom,
    estimated.minimum_detectable_effect_size::numeric(16, 6) as minimum_detectable_effect_size,
    estimated.minimum_detectable_effect::numeric(16, 6) as minimum_detectable_effect,
    estimated.not_estimable,
    {{ night() }} as night
from {{ source("estimates", "estimate_detectable") }} as estimated
inner join {{ ref("eval_outcome") }} as outcome on estimated.outcome = outcome.outcome
where estimated.refresh_id = {{ refresh_id() }}
