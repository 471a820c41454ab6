-- Schools by each of the three, by school year.
select
    school_year_label,
    count(*) filter (where is_member_ever) as ever,
    count(*) filter (where is_member_in_year) as in_the_year,
    count(*) filter (where is_member_as_of) as as_of
from {{ ref("agg_school_year_membership") }}
group by school_year_label
