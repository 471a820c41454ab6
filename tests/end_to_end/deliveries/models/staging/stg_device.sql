select school_id, quantity from {{ current_rows("supports", "devices") }} as feed
