select
    credits_earned,
    credits_open,
    core_semester_fs,
    core_open,
    {{ is_freshman_on_track("credits_earned", "credits_open", "core_semester_fs", "core_open") }}
        as is_freshman_on_track
from (
    values
    (7.0, 0, 0, 0), (5.0, 0, 1, 0), (6.0, 0, 2, 0), (4.5, 0, 0, 0),
    (4.5, 0.5, 0, 1), (6.0, 0.5, 1, 1), (5.0, 0.5, 2, 1)
) as example (credits_earned, credits_open, core_semester_fs, core_open)
