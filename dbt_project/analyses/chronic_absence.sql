select
    days_absent,
    days_observed,
    {{ is_chronically_absent("days_absent", "days_observed") }} as is_chronically_absent
from (
    values (18, 180), (17.5, 175), (17.5, 176), (1, 10), (9, 9), (0, 0)
) as example (days_absent, days_observed)
