-- Absences with why they do not count, if so: outside membership, on a day without school,
-- or on a day that is not observed, in the district or at the school.
{{ config(materialized="incremental", incremental_strategy="by_school_year") }}

select
    absence.student_key,
    absence.school_id,
    absence.school_year,
    absence.absence_date,
    absence.absence_kind,
    absence.day_fraction,
    case
        when calendar_day.is_instructional is not true then 'not_instructional'
        when not calendar_day.is_observed or gap.school_id is not null then 'not_observed'
        when membership.student_key is null then 'not_enrolled'
    end as exclusion_reason
from {{ ref("int_absence_reported") }} as absence
left join {{ ref("int_calendar_day_counted") }} as calendar_day
    on absence.absence_date = calendar_day.calendar_date
left join {{ ref("int_school_gap") }} as gap
    on absence.school_id = gap.school_id and absence.absence_date = gap.calendar_date
left join {{ ref("int_membership_merged") }} as membership
    on
        absence.student_key = membership.student_key
        and absence.school_id = membership.school_id
        and absence.school_year = membership.school_year
        and {{ spell_covers("absence.absence_date", "membership.first_day", "membership.end_day") }}
where {{ is_rebuilt("absence.school_year") }}
