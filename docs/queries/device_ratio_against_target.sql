-- How many devices has each school for its students tonight, against what was planned?
-- Asked by: the district's technology office.
-- Read: devices in use over students enrolled tonight, pre-kindergarten included. The target is what the plans of all
--   terms so far add up to, for the same students.
-- Columns: short_name, students, devices_in_use, devices_planned, device_student_ratio, target_ratio, missing
with student as (
    select
        school_id,
        count(distinct student_key) as students
    from marts.fct_enrollment
    where is_member_on_night
    group by school_id
),

device as (
    select
        school_id,
        sum(quantity) filter (where is_in_use) as in_use
    from marts.fct_device_deployment
    group by school_id
),

plan as (
    select
        school_id,
        sum(planned_quantity) as planned
    from marts.agg_school_term_support
    where support = 'devices'
    group by school_id
)

select
    school.short_name,
    student.students,
    coalesce(device.in_use, 0) as devices_in_use,
    plan.planned as devices_planned,
    round(coalesce(device.in_use, 0)::numeric / student.students, 3) as device_student_ratio,
    round(plan.planned / student.students, 3) as target_ratio,
    greatest(plan.planned - coalesce(device.in_use, 0), 0) as missing
from plan
inner join student using (school_id)
inner join marts.dim_school as school on plan.school_id = school.school_id and school.is_current
left join device on plan.school_id = device.school_id
order by missing desc, school.short_name;
