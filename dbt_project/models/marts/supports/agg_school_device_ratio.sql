-- Schools that devices were planned for or came to, tonight.
with student as (
    select
        school_id,
        count(distinct student_key)::integer as students
    from {{ ref("fct_enrollment") }}
    where is_member_on_night
    group by school_id
),

device as (
    select
        school_id,
        coalesce(sum(quantity) filter (where is_in_use), 0)::integer as devices_in_use
    from {{ ref("fct_device_deployment") }}
    group by school_id
),

plan as (
    select
        school_id,
        sum(planned_quantity)::numeric(14, 2) as devices_planned
    from {{ ref("agg_school_term_support") }}
    where support = 'devices'
    group by school_id
)

select
    coalesce(plan.school_id, device.school_id) as school_id,
    coalesce(student.students, 0) as students,
    coalesce(device.devices_in_use, 0) as devices_in_use,
    plan.devices_planned,
    {{ device_student_ratio("coalesce(device.devices_in_use, 0)", "student.students") }}::numeric(8, 4)
        as device_student_ratio,
    {{ device_student_ratio("plan.devices_planned", "student.students") }}::numeric(8, 4) as target_ratio
from plan
full outer join device on plan.school_id = device.school_id
left join student on coalesce(plan.school_id, device.school_id) = student.school_id
