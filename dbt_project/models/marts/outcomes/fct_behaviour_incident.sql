select
    incident.incident_id,
    incident.student_key,
    incident.school_id,
    {{ school_year_of("incident.incident_date") }} as school_year,
    incident.incident_date,
    incident.conduct_group,
    incident.behaviour_code,
    incident.in_school_suspension_days,
    incident.out_of_school_suspension_days,
    incident.out_of_school_suspension_days > 0 as is_suspended_out_of_school,
    described.grade_level,
    described.grade_band,
    membership.student_key is not null as is_member
from {{ ref("stg_sis__behavior_incidents") }} as incident
-- Left joins: who is no member of the school on that day was in the incident all the same.
left join {{ ref("int_student_school_year_described") }} as described
    on
        incident.student_key = described.student_key
        and incident.school_id = described.school_id
        and {{ school_year_of("incident.incident_date") }} = described.school_year
left join {{ ref("int_membership_merged") }} as membership
    on
        incident.student_key = membership.student_key
        and incident.school_id = membership.school_id
        and {{ school_year_of("incident.incident_date") }} = membership.school_year
        and {{ spell_covers("incident.incident_date", "membership.first_day", "membership.end_day") }}
