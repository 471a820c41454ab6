with month as (
    select
        school_year,
        date_trunc('month', calendar_date)::date as month_start,
        max(calendar_date) + 1 as next_month_start
    from {{ ref("int_calendar_day_counted") }}
    group by school_year, date_trunc('month', calendar_date)
),

spell as (
    select
        membership.school_id,
        described.grade_band,
        membership.school_year,
        month.month_start,
        greatest(membership.first_day, month.month_start) as first_day,
        least(membership.end_day, month.next_month_start) as end_day
    from {{ ref("int_membership_merged") }} as membership
    inner join {{ ref("int_student_school_year_described") }} as described
        on
            membership.student_key = described.student_key
            and membership.school_id = described.school_id
            and membership.school_year = described.school_year
    inner join month
        on
            membership.school_year = month.school_year
            and membership.first_day < month.next_month_start
            and membership.end_day > month.month_start
),

days as (
    {{ count_days("spell", ["school_id", "grade_band", "month_start"]) }}
),

absent as (
    select
        absence.school_id,
        described.grade_band,
        absence.school_year,
        date_trunc('month', absence.absence_date)::date as month_start,
        sum(absence.day_fraction) as days_absent
    from {{ ref("int_absence_counted") }} as absence
    inner join {{ ref("int_student_school_year_described") }} as described
        on
            absence.student_key = described.student_key
            and absence.school_id = described.school_id
            and absence.school_year = described.school_year
    where absence.exclusion_reason is null
    group by
        absence.school_id, described.grade_band, absence.school_year, date_trunc('month', absence.absence_date)
)

select
    days.school_id,
    days.month_start,
    days.grade_band,
    days.school_year,
    days.days_enrolled,
    days.days_observed,
    days.days_enrolled - days.days_observed as days_unknown,
    coalesce(absent.days_absent, 0)::numeric(12, 2) as days_absent,
    {{ attendance_rate("coalesce(absent.days_absent, 0)", "days.days_observed") }} as attendance_rate
from days
left join absent
    on
        days.school_id = absent.school_id
        and days.grade_band = absent.grade_band
        and days.school_year = absent.school_year
        and days.month_start = absent.month_start
where days.days_enrolled > 0
