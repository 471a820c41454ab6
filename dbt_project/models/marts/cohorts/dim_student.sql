select
    student_key,
    -- Two years to a band: with school and grade, a birth date would name a child.
    (extract(year from birth_date)::integer / 2 * 2)::text
    || '-' || (extract(year from birth_date)::integer / 2 * 2 + 1)::text as birth_year_band,
    gender,
    race_ethnicity
from {{ ref("stg_sis__students") }}
