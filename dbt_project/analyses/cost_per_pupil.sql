select
    cost_usd,
    pupils,
    {{ per_pupil("cost_usd", "pupils") }}::numeric(14, 2) as cost_per_pupil_usd
from (values (5760, 55.0), (0, 55.0), (320, 0)) as example (cost_usd, pupils)
