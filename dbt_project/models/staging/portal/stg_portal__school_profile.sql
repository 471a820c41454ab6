-- One row a school and file. The school year is the one that the file names inside, since
-- the name of the file is a year behind for the newest one.
select
    vintage,
    school_id::text as school_id,
    short_name as school_name,
    long_name as school_long_name,
    school_type,
    primary_category as category,
    network,
    grades_offered,
    student_count_total as students,
    student_count_low_income as students_low_income,
    student_count_special_ed as students_special_education,
    student_count_english_learners as students_english_learners,
    overall_rating,
    rating_status,
    right(school_year, 4)::integer as school_year,
    school_latitude as latitude,
    school_longitude as longitude,
    _file as source_file
from {{ current_rows("portal", "school_profile") }} as school_profile
