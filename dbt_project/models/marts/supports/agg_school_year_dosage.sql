-- The window ends with the first spring test of the school: what came later explains no score.
with event as (
    {{ support_events() }}
),

dosage_window as (
    select
        result.school_id,
        result.school_year,
        year.first_date as window_start,
        min(result.test_date) as window_end
    from {{ ref("fct_assessment_result") }} as result
    inner join {{ ref("dim_school_year") }} as year on result.school_year = year.school_year
    where
        result.measure = 'rit' and result.season = 'spring' and result.is_growth_record
        and result.school_id is not null
    group by result.school_id, result.school_year, year.first_date
)

select
    dosage_window.school_id,
    dosage_window.school_year,
    event.support,
    event.unit,
    dosage_window.window_start,
    dosage_window.window_end,
    coalesce(sum(event.delivered) filter (
        where {{ spell_covers("event.happened_on", "dosage_window.window_start", "dosage_window.window_end") }}
    ), 0)::numeric(14, 2) as delivered_in_year,
    coalesce(sum(event.delivered), 0)::numeric(14, 2) as delivered_so_far
from dosage_window
inner join event on dosage_window.school_id = event.school_id and event.happened_on < dosage_window.window_end
group by
    dosage_window.school_id, dosage_window.school_year, event.support, event.unit,
    dosage_window.window_start, dosage_window.window_end
