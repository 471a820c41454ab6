{%- set windows = ["fall_to_winter", "fall_to_spring", "winter_to_spring", "spring_to_spring"] -%}
with long as (
    select
        *,
        'rit' as measure,
        rit_score::numeric as score,
        percentile::numeric as norm_percentile,
        null::numeric as projected_score,
        null::numeric as norm_index
    from {{ ref("int_map_result_attributed") }}
    {%- for window in windows %}
    union all
    select
        *,
        'growth_{{ window }}' as measure,
        {{ window }}_observed_growth::numeric as score,
        {{ window }}_conditional_growth_percentile as norm_percentile,
        {{ window }}_projected_growth::numeric as projected_score,
        {{ window }}_conditional_growth_index as norm_index
    from {{ ref("int_map_result_attributed") }}
    where {{ window }}_observed_growth is not null
    {%- endfor %}
)

select
    test_id,
    measure,
    'MAP Growth' as assessment,
    student_key,
    school_id,
    school_year,
    season,
    subject,
    grade_level,
    {{ grade_band("grade_level") }} as grade_band,
    test_start_date as test_date,
    score,
    norm_percentile,
    projected_score,
    norm_index,
    case when measure = 'rit' then standard_error end as standard_error,
    norms,
    is_growth_record,
    rank_in_term::integer as rank_in_term,
    is_rostered
from long
