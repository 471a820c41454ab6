-- Days of membership as disjoint spells, student x school x school year.
with counted as (
    select student_key, school_id, school_year, first_day, end_day
    from {{ ref("int_enrollment_classified") }}
    where exclusion_reason is null
)

{{ merge_spells("counted", ["student_key", "school_id", "school_year"]) }}
