-- Whom the schools teach, as the profiles publish it: counts, and the shares that follow from
-- them. Long, every vintage, in the school year that the file names inside. Blank is no row.
select
    profile.school_id,
    long.metric,
    profile.school_year,
    profile.vintage,
    profile.source_file,
    long.value
from {{ ref("stg_portal__school_profile") }} as profile
cross join lateral (
    values
    ('students', profile.students::numeric),
    {%- for pupils in ["low_income", "special_education", "english_learners"] %}
    ('students_{{ pupils }}', profile.students_{{ pupils }}::numeric),
    (
        'share_{{ pupils }}',
        round(100.0 * profile.students_{{ pupils }} / nullif(profile.students, 0), 4)
    ){{ "," if not loop.last }}
    {%- endfor %}
) as long (metric, value)
where long.value is not null
