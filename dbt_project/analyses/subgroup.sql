select
    special_education,
    {{ yes_no("special_education") }} as subgroup,
    '{{ subgroup_dimensions() | join(", ") }}' as dimensions
from (values (true), (false), (null::boolean)) as example (special_education)
