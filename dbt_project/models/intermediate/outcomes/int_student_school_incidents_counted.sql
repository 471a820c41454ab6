-- Incidents, and suspensions out of school, of each member, student x school x school year,
-- nought included. A school year of which no incident at all was sent is unknown: no row.
with incident as (
    select
        student_key,
        school_id,
        {{ school_year_of("incident_date") }} as school_year,
        count(*) as incidents,
        count(*) filter (where out_of_school_suspension_days > 0) as suspensions
    from {{ ref("stg_sis__behavior_incidents") }}
    group by student_key, school_id, {{ school_year_of("incident_date") }}
)

select
    member.student_key,
    member.school_id,
    member.school_year,
    member.grade_level,
    coalesce(incident.incidents, 0)::integer as incidents,
    coalesce(incident.suspensions, 0)::integer as suspensions
from {{ ref("int_student_school_year_described") }} as member
left join incident
    on
        member.student_key = incident.student_key
        and member.school_id = incident.school_id
        and member.school_year = incident.school_year
where member.school_year in (select known.school_year from incident as known)
