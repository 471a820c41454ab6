-- By exception: presence, which is nineteen days of twenty, has no row. See the .yml.
select
    student_key,
    school_id,
    absence_date as attendance_date,
    school_year,
    'absent' as attendance_status,
    day_fraction as absent_fraction,
    absence_kind
from {{ ref("int_absence_counted") }}
where exclusion_reason is null
union all
select
    membership.student_key,
    membership.school_id,
    day.calendar_date as attendance_date,
    membership.school_year,
    'unknown' as attendance_status,
    null as absent_fraction,
    null as absence_kind
from {{ ref("int_calendar_day_counted") }} as day
inner join {{ ref("int_membership_merged") }} as membership
    on
        day.school_year = membership.school_year
        and {{ spell_covers("day.calendar_date", "membership.first_day", "membership.end_day") }}
where day.is_instructional and not day.is_observed and day.calendar_date <= {{ night() }}
union all
select
    membership.student_key,
    membership.school_id,
    gap.calendar_date as attendance_date,
    membership.school_year,
    'unknown' as attendance_status,
    null as absent_fraction,
    null as absence_kind
from {{ ref("int_school_gap") }} as gap
inner join {{ ref("int_membership_merged") }} as membership
    on
        gap.school_id = membership.school_id
        and gap.school_year = membership.school_year
        and {{ spell_covers("gap.calendar_date", "membership.first_day", "membership.end_day") }}
