select student_id, school_id, absence_date from {{ current_rows("sis", "attendance") }} as feed
