select
    devices_in_use,
    students,
    {{ device_student_ratio("devices_in_use", "students") }}::numeric(8, 4) as device_student_ratio
from (values (57, 83), (0, 83), (4, 0)) as example (devices_in_use, students)
