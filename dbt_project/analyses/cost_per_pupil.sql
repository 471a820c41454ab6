select
    school,
    {{ sum_if_known("cost_usd") }} as cost_usd,
    pupils,
    {{ per_pupil(sum_if_known("cost_usd"), "pupils") }}::numeric(14, 2) as cost_per_pupil_usd
from (
    values
    ('two supports', 5760, 55.0), ('two supports', 320, 55.0), ('nothing delivered', 0, 55.0),
    ('one without a price', 5760, 55.0), ('one without a price', null, 55.0), ('no pupils', 320, 0)
) as example (school, cost_usd, pupils)
group by school, pupils
order by school
