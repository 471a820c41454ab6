with event as (
    {{ support_events() }}
),

dosage_window as (
    {{ dosage_windows() }}
)

select
    dosage_window.school_id,
    dosage_window.school_year,
    event.support,
    event.unit,
    dosage_window.window_start,
    dosage_window.window_end,
    coalesce(sum(event.delivered) filter (
        where {{ is_in_dosage_window(
            "event.happened_on", "event.ended_on", "dosage_window.window_start", "dosage_window.window_end"
        ) }}
    ), 0)::numeric(14, 2) as delivered_in_year,
    coalesce(sum(event.delivered), 0)::numeric(14, 2) as delivered_so_far
from dosage_window
inner join event on dosage_window.school_id = event.school_id and event.ended_on < dosage_window.window_end
group by
    dosage_window.school_id, dosage_window.school_year, event.support, event.unit,
    dosage_window.window_start, dosage_window.window_end
