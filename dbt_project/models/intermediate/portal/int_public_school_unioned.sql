-- Every school that any public file lists, with the years in which one does. The portal
-- edits files in place and closed schools vanish from them, so no single file is the roster.
with listed as (
    select
        school_id,
        school_name,
        school_type,
        category,
        report_year as school_year,
        vintage,
        -- Category and type are those of the first file that has them, in the order 1617,
        -- 1516, then the later ones: SY1617 is the year in which the programme began.
        case vintage when '1617' then '0' when '1516' then '1' else '2' || vintage end as file_order
    from {{ ref("stg_portal__school_progress_report") }}
    union all
    select
        school_id,
        min(school_name) as school_name,
        null as school_type,
        null as category,
        school_year,
        vintage,
        '3' || vintage as file_order
    from {{ ref("stg_portal__sqrp_rating") }}
    group by school_id, school_year, vintage
    union all
    select
        school_id,
        school_name,
        null as school_type,
        null as category,
        school_year,
        vintage,
        '4' || vintage as file_order
    from {{ ref("stg_portal__school_profile") }}
),

network as (
    select distinct on (school_id)
        school_id,
        network
    from {{ ref("stg_portal__school_profile") }}
    where network is not null
    order by school_id, school_year desc, vintage desc
)

select
    listed.school_id,
    {% for attribute in ['school_name', 'category', 'school_type'] -%}
    (array_agg(listed.{{ attribute }} order by listed.file_order) filter (where listed.{{ attribute }} is not null))[1]
        as {{ attribute }},
    {% endfor -%}
    min(listed.school_year) as first_school_year,
    max(listed.school_year) as last_school_year,
    string_agg(distinct listed.vintage, ' ' order by listed.vintage) as vintages,
    network.network
from listed
left join network on listed.school_id = network.school_id
group by listed.school_id, network.network
