-- Absences as reported, once for the whole run: the newest row of each key is dear to find.
{{ config(materialized="incremental", incremental_strategy="by_school_year") }}

select
    student_key,
    school_id,
    absence_date,
    {{ school_year_of("absence_date") }} as school_year,
    {{ absence_kind("absence_code") }} as absence_kind,
    day_fraction::numeric(3, 2) as day_fraction
from {{ ref("stg_sis__attendance") }}
where {{ is_rebuilt(school_year_of("absence_date")) }}
