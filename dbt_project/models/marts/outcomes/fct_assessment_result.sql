{%- set windows = ["fall_to_winter", "fall_to_spring", "winter_to_spring", "spring_to_spring"] -%}
select
    result.test_id,
    long.measure,
    'MAP Growth' as assessment,
    result.student_key,
    result.school_id,
    result.school_year,
    result.season,
    result.subject,
    result.grade_level,
    {{ grade_band("result.grade_level") }} as grade_band,
    result.test_start_date as test_date,
    long.score,
    long.norm_percentile,
    long.projected_score,
    long.norm_index,
    long.standard_error,
    result.norms,
    result.is_growth_record,
    result.rank_in_term::integer as rank_in_term,
    result.is_rostered
from {{ ref("int_map_result_attributed") }} as result
cross join lateral (
    values
    ('rit', result.rit_score::numeric, result.percentile::numeric, null::numeric, null::numeric, result.standard_error)
    {%- for window in windows %},
    (
        'growth_{{ window }}',
        result.{{ window }}_observed_growth,
        result.{{ window }}_conditional_growth_percentile,
        result.{{ window }}_projected_growth,
        result.{{ window }}_conditional_growth_index,
        null
    )
    {%- endfor %}
) as long (measure, score, norm_percentile, projected_score, norm_index, standard_error)
where long.score is not null
