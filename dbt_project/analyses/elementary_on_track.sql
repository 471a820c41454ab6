select
    reading_points,
    math_points,
    days_absent,
    incidents,
    {{ is_elementary_on_track("reading_points", "2", "math_points", "2", "days_absent", "100", "incidents") }}
        as is_elementary_on_track
from (
    values (4, 4, 8, 2), (5, 3, 0, 0), (8, 8, 8.5, 0), (8, 8, 0, 3)
) as example (reading_points, math_points, days_absent, incidents)
