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
)

select
    school_id,
    {% for attribute in ['school_name', 'category', 'school_type'] -%}
    (array_agg({{ attribute }} order by file_order) filter (where {{ attribute }} is not null))[1]
        as {{ attribute }},
    {% endfor -%}
    min(school_year) as first_school_year,
    max(school_year) as last_school_year,
    string_agg(distinct vintage, ' ' order by vintage) as vintages
from listed
group by school_id
