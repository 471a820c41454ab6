-- Every school that any public file lists or has listed, with the years of the files. The portal
-- edits files in place and closed schools vanish from them, so no file as it stands is the roster.
with listed as (
    select
        school_id,
        school_name,
        school_type,
        category,
        null as network,
        report_year as school_year,
        vintage,
        delivery,
        is_current,
        -- Category and type are those of the first file that has them, in the order 1617,
        -- 1516, then the later ones: SY1617 is the year in which the programme began.
        case vintage when '1617' then '0' when '1516' then '1' else '2' || vintage end as file_order
    from {{ ref("stg_portal__progress_report_listing") }}
    union all
    select
        school_id,
        school_name,
        null as school_type,
        null as category,
        null as network,
        school_year,
        vintage,
        delivery,
        is_current,
        '3' || vintage as file_order
    from {{ ref("stg_portal__sqrp_rating_listing") }}
    union all
    select
        school_id,
        school_name,
        null as school_type,
        null as category,
        network,
        school_year,
        vintage,
        delivery,
        is_current,
        '4' || vintage as file_order
    from {{ ref("stg_portal__school_profile_listing") }}
),

-- What a file says of a school is what it last said.
last_said as (
    select distinct on (school_id, file_order) *
    from listed
    order by school_id, file_order, delivery desc
)

select
    school_id,
    {% for attribute in ['school_name', 'category', 'school_type'] -%}
    (array_agg({{ attribute }} order by file_order) filter (where {{ attribute }} is not null))[1]
        as {{ attribute }},
    {% endfor -%}
    min(school_year) as first_school_year,
    max(school_year) as last_school_year,
    string_agg(distinct vintage, ' ' order by vintage) as vintages,
    (array_agg(network order by school_year desc, vintage desc) filter (where network is not null))[1] as network,
    bool_or(is_current) as is_listed
from last_said
group by school_id
