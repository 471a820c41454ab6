select
    deployment.deployment_id,
    deployment.school_id,
    deployment.deployed_on,
    calendar.school_year,
    calendar.term,
    deployment.device_type,
    deployment.quantity,
    deployment.unit_cost_usd::numeric(12, 2) as unit_cost_usd,
    (deployment.quantity * deployment.unit_cost_usd)::numeric(14, 2) as cost_usd,
    -- A date of retirement after the night is a plan.
    case when deployment.retired_on <= {{ night() }} then deployment.retired_on end as retired_on,
    {{ spell_covers(night(), "deployment.deployed_on", "deployment.retired_on") }} as is_in_use
from {{ ref("stg_supports__devices") }} as deployment
left join {{ ref("stg_sis__calendar") }} as calendar on deployment.deployed_on = calendar.calendar_date
where deployment.deployed_on <= {{ night() }}
