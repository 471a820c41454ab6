select visit_id, school_id from {{ current_rows("supports", "visits") }} as feed
