-- One row a school and file. `report_year` is the year of the Year_2 columns and of those
-- without a year; the file's name says the year after it.
select
    vintage,
    school_id::text as school_id,
    short_name as school_name,
    long_name as school_long_name,
    school_type,
    primary_category as category,
    progress_report_year as report_year,
    student_attendance_year_1_pct as attendance_year_before,
    student_attendance_year_2_pct as attendance,
    freshmen_on_track_year_1_pct as freshmen_on_track_year_before,
    freshmen_on_track_year_2_pct as freshmen_on_track,
    growth_reading_pct_es as growth_reading,
    growth_math_pct_es as growth_math,
    attainment_reading_pct_es as attainment_reading,
    attainment_math_pct_es as attainment_math,
    _file as source_file
from {{ current_rows("portal", "school_progress_report") }} as progress_report
