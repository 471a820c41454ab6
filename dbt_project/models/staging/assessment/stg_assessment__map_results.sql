-- depends_on: {{ ref("stg_ops__batch_school_year") }}
-- A table, not a view: what is current by term can't be estimated, and joins of two such views
-- would run row by row.
{{ config(materialized="incremental", incremental_strategy="by_school_year") }}

{%- set windows = ["fall_to_winter", "fall_to_spring", "winter_to_spring", "spring_to_spring"] -%}
select
    feed.test_id,
    identity.student_key,
    feed.term_name,
    {{ school_year_of_term("feed.term_name") }} as school_year,
    lower(split_part(feed.term_name, ' ', 1)) as season,
    feed.school_name,
    case feed.subject
        when 'Language Arts' then 'reading'
        when 'Mathematics' then 'math'
    end as subject,
    feed.growth_measure,
    feed.norms_reference_data as norms,
    feed.test_start_date,
    feed.test_start_time,
    feed.test_rit_score as rit_score,
    feed.test_standard_error as standard_error,
    feed.test_percentile as percentile,
    feed.test_duration_minutes as duration_minutes,
    feed.rapid_guessing_percentage
    {%- for window in windows %},
    feed.{{ window }}_observed_growth,
    feed.{{ window }}_projected_growth,
    feed.{{ window }}_conditional_growth_index,
    feed.{{ window }}_conditional_growth_percentile
    {%- endfor %}
from {{ current_rows("assessment", "map_results") }} as feed
left join {{ source("identity", "student_key") }} as identity on feed.student_id = identity.student_id
where {{ is_rebuilt(school_year_of_term("feed.term_name")) }}
