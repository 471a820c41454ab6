-- The same across schools: a day on which a student belongs to two schools is one day.
{{ merge_spells(ref("int_membership_merged"), ["student_key", "school_year"]) }}
