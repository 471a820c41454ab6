{#
  Whether attendance of a past day of school is known: its absences, over the whole district,
  come to a fair share of what is usual in the school year. Without a usual day, it is not.
#}
{% macro is_attendance_observed(absences, usual_absences) -%}
    coalesce({{ absences }} >= {{ var("attendance_gap_share") }} * {{ usual_absences }}, false)
{%- endmacro %}

{#
  Whether one school's attendance of an observed day is known: not so where its absences fall below a share of the
  school's usual day. Of a school that is usually missing few nobody can say.
#}
{% macro is_school_observed(absences, usual_absences) -%}
    coalesce(
        {{ absences }} >= {{ var("school_gap_share") }} * {{ usual_absences }}
        or {{ usual_absences }} < {{ var("school_gap_usual_absences") }},
        true
    )
{%- endmacro %}

{#
  Attendance rate of one student or of many: sum over sum, never a mean of rates.
  Null where nothing was observed, never 0.
#}
{% macro attendance_rate(days_absent, days_observed) -%}
    (({{ days_observed }} - {{ days_absent }})::numeric / nullif({{ days_observed }}, 0))::numeric(7, 6)
{%- endmacro %}

{#
  Chronic absence: absent on a tenth or more of the enrolled days, all kinds of absence.
  Compared without a division (10 x absent >= enrolled), so that no rounding decides.
  Null below the minimum of days; the minimum and its source are in dbt_project.yml.
#}
{% macro is_chronically_absent(days_absent, days_observed) -%}
    (case
        when {{ days_observed }} >= {{ var("chronic_absence_minimum_days") }}
            then 10 * {{ days_absent }} >= {{ days_observed }}
    end)
{%- endmacro %}

{#
  Kind of an absence. A code that is not listed gives null, which a test turns into an
  error: an unknown code is never a presence and never a silent "other".
#}
{% macro absence_kind(absence_code) -%}
    (case {{ absence_code }}
        when 'UX' then 'unexcused'
        when 'EX' then 'excused'
        when 'SU' then 'suspension'
        when 'MX' then 'medical'
    end)
{%- endmacro %}
