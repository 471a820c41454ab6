-- "Ever", "in the year" and "as of" are three answers, see the description.
with year as (
    select
        school_year,
        school_year_label,
        first_date,
        least(last_date, {{ night() }}) as as_of_date
    from {{ ref("int_school_year_dated") }}
    where first_date <= {{ night() }}
)

select
    joined.school_id,
    year.school_year,
    year.school_year_label,
    joined.cohort,
    year.school_year - {{ school_year_of("joined.launch_date") }} as years_since_launch,
    year.as_of_date,
    joined.joined_on <= year.as_of_date as is_member_ever,
    coalesce(
        bool_or(
            stage.stage_start <= year.as_of_date
            and (stage.stage_end is null or stage.stage_end > year.first_date)
        ), false
    ) as is_member_in_year,
    coalesce(
        bool_or({{ spell_covers("year.as_of_date", "stage.stage_start", "stage.stage_end") }}), false
    ) as is_member_as_of,
    max(stage.stage) filter (
        where {{ spell_covers("year.as_of_date", "stage.stage_start", "stage.stage_end") }}
    ) as stage_as_of
from {{ ref("int_school_joined") }} as joined
cross join year
left join {{ ref("int_cohort_membership_capped") }} as stage on joined.school_id = stage.school_id
group by
    joined.school_id, joined.cohort, joined.launch_date, joined.joined_on,
    year.school_year, year.school_year_label, year.first_date, year.as_of_date
