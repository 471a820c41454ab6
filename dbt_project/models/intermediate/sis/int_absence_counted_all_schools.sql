-- Absence of a day across schools, for students who belonged to several in the year; of all
-- others the school's own days are the answer. A student who belongs to two schools on a day,
-- as during a transfer, was absent only as far as absent from both: presence anywhere is
-- presence. A school whose day is a gap says nothing, neither absence nor presence.
with mover as (
    select student_key, school_year
    from {{ ref("int_membership_merged") }}
    group by student_key, school_year
    having count(distinct school_id) > 1
),

member_of as (
    select
        absence.student_key,
        absence.school_year,
        absence.absence_date,
        absence.absence_kind,
        absence.school_id,
        absence.day_fraction,
        count(membership.school_id) as schools
    from {{ ref("int_absence_counted") }} as absence
    inner join mover
        on absence.student_key = mover.student_key and absence.school_year = mover.school_year
    inner join {{ ref("int_membership_merged") }} as membership
        on
            absence.student_key = membership.student_key
            and absence.school_year = membership.school_year
            and {{ spell_covers("absence.absence_date", "membership.first_day", "membership.end_day") }}
    left join {{ ref("int_school_gap") }} as gap
        on membership.school_id = gap.school_id and absence.absence_date = gap.calendar_date
    where absence.exclusion_reason is null and gap.school_id is null
    group by
        absence.student_key, absence.school_year, absence.absence_date,
        absence.absence_kind, absence.school_id, absence.day_fraction
)

select
    student_key,
    school_year,
    absence_date,
    (case when count(*) < max(schools) then 0 else min(day_fraction) end)::numeric(3, 2) as day_fraction,
    -- Unexcused only where every school says so.
    bool_and(absence_kind = 'unexcused') as is_unexcused
from member_of
group by student_key, school_year, absence_date
