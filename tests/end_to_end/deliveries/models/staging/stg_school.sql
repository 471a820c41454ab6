select school_id, arm from {{ current_rows("study", "schools") }} as feed
