with reported as (
    select *, 'school_progress_report' as source_feed, 1 as precedence
    from {{ ref("int_progress_report_unpivoted") }}
    union all
    select *, 'sqrp_rating' as source_feed, 2 as precedence
    from {{ ref("int_sqrp_rating_selected") }}
    union all
    select *, 'school_profile' as source_feed, 3 as precedence
    from {{ ref("int_school_profile_unpivoted") }}
)

select
    school_id,
    metric,
    school_year,
    vintage,
    value::numeric(9, 4) as value,
    -- A progress report before SQRP, which only fills in; of several reports, or profiles, the later
    -- file. What a profile has, no other file does.
    row_number() over (
        partition by school_id, metric, school_year
        order by precedence, vintage desc
    ) = 1 as is_current,
    source_feed,
    source_file
from reported
