select
    days_absent,
    days_observed,
    {{ attendance_rate("days_absent", "days_observed") }} as attendance_rate
from (values (18, 180), (17.5, 176), (0, 12), (0, 0)) as example (days_absent, days_observed)
