with changed as (
    select
        *,
        coalesce(attributes <> lag(attributes) over (partition by study order by night), true) as is_new
    from (
        select
            *,
            row(title, status, doi, registered_on, starts_on, ends_on, investigators,
                unit_of_randomization)::text as attributes
        from {{ ref("stg_study__registration_deliveries") }}
    ) as delivery
),

version as (
    select
        changed.*,
        lead(night) over (partition by study order by night) as effective_to
    from changed
    where is_new
)

select
    study,
    night as effective_from,
    effective_to,
    effective_to is null as is_current,
    title,
    status,
    doi,
    registered_on,
    starts_on,
    ends_on,
    investigators,
    unit_of_randomization,
    registered_on - starts_on as days_until_registered
from version
