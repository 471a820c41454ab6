-- The metrics of the progress reports, long, every vintage. Blank is no value and no row.
select
    report.school_id,
    long.metric,
    long.school_year,
    report.vintage,
    report.source_file,
    long.value
from {{ ref("stg_portal__school_progress_report") }} as report
cross join lateral (
    values
    ('attendance_pr', report.report_year - 1, report.attendance_year_before),
    ('attendance_pr', report.report_year, report.attendance),
    ('fot', report.report_year - 1, report.freshmen_on_track_year_before),
    ('fot', report.report_year, report.freshmen_on_track),
    ('growth_read', report.report_year, report.growth_reading),
    ('growth_math', report.report_year, report.growth_math),
    ('attain28_read', report.report_year, report.attainment_reading),
    ('attain28_math', report.report_year, report.attainment_math)
) as long (metric, school_year, value)
where long.value is not null
