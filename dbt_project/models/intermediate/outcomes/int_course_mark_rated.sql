-- Course marks with what they are worth. An incomplete is worth nothing yet: it is open.
{{ config(materialized="incremental", incremental_strategy="by_school_year") }}

select
    student_key,
    school_id,
    school_year,
    term,
    course,
    subject,
    {{ is_core_subject("subject") }} and credits > 0 as is_core,
    mark,
    mark = 'I' as is_open,
    {{ mark_points("mark") }} as points,
    credits::numeric(4, 2) as credits,
    {{ credits_earned("mark", "credits") }}::numeric(4, 2) as credits_earned
from {{ ref("stg_sis__course_marks") }}
where {{ is_rebuilt("school_year") }}
