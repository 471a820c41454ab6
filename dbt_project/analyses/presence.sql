select
    absences,
    usual_absences,
    {{ is_attendance_observed("absences", "usual_absences") }} as is_attendance_observed,
    {{ is_school_observed("absences", "usual_absences") }} as is_school_observed
from (
    values (210, 200), (60, 200), (59, 200), (39, 200), (2, 15), (0, 14), (0, null)
) as example (absences, usual_absences)
