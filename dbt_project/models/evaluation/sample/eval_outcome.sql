select *
from (
    values
    {%- for one in evaluated_outcomes() %}
    (
        '{{ one.outcome }}', {{ loop.index }}, '{{ one.label }}', '{{ one.domain }}', '{{ one.scale }}',
        '{{ one.unit }}', {{ one.is_higher_better | lower }},
        '{{ one.baseline_outcome }}', {{ one.default_icc }}::numeric(3, 2)
    ){{ "," if not loop.last }}
    {%- endfor %}
) as outcomes (
    outcome, position, label, domain, scale, unit, is_higher_better, baseline_outcome, default_icc
)
