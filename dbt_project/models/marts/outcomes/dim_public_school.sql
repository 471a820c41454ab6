select
    school.school_id,
    school.school_name,
    school.category,
    school.school_type,
    named.cohort,
    (
        named.school_id is null
        and school.category is not null
        and school.school_type is not null
        and school.school_type not in ('Charter', 'Contract', 'Citywide-Option', 'Special Education', 'Virtual')
    ) as is_comparison_eligible,
    school.first_school_year,
    school.last_school_year,
    school.vintages,
    school.network,
    school.is_listed
from {{ ref("int_public_school_unioned") }} as school
left join {{ ref("stg_portal__elevate_school") }} as named on school.school_id = named.school_id
