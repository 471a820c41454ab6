select
    absences,
    usual_absences,
    {{ is_attendance_observed("absences", "usual_absences") }} as is_attendance_observed
from (values (210, 200), (60, 200), (59, 200), (0, 200), (0, null)) as example (absences, usual_absences)
