-- How many devices has each school for its students tonight, against what was planned?
-- Asked by: the district's technology office.
-- Read: devices in use over students enrolled tonight, pre-kindergarten included. The target is what the plans of all
--   terms so far add up to, for the same students.
-- Columns: short_name, students, devices_in_use, devices_planned, device_student_ratio, target_ratio, missing
select
    school.short_name,
    device.students,
    device.devices_in_use,
    device.devices_planned,
    device.device_student_ratio,
    device.target_ratio,
    greatest(device.devices_planned - device.devices_in_use, 0) as missing
from marts.agg_school_device_ratio as device
inner join marts.dim_school as school on device.school_id = school.school_id and school.is_current
order by missing desc, school.short_name;
