with counted as (
    select *
    from {{ ref("int_enrollment_classified") }}
    where exclusion_reason is null
),

days as (
    {{ count_days("counted", ["student_key", "school_id", "entry_date"]) }}
)

select
    enrollment.student_key,
    enrollment.school_id,
    enrollment.entry_date,
    enrollment.exit_date,
    enrollment.school_year,
    enrollment.grade_level,
    enrollment.grade_band,
    enrollment.entry_code,
    enrollment.exit_code,
    enrollment.low_income,
    enrollment.english_learner,
    enrollment.special_education,
    enrollment.exclusion_reason is null as is_counted,
    enrollment.exclusion_reason,
    days.days_enrolled,
    enrollment.exclusion_reason is null
    and {{ spell_covers(night(), "enrollment.first_day", "enrollment.end_day") }} as is_member_on_night
from {{ ref("int_enrollment_classified") }} as enrollment
left join days
    on
        enrollment.student_key = days.student_key
        and enrollment.school_id = days.school_id
        and enrollment.entry_date = days.entry_date
