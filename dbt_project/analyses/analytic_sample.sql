select
    grade_level_at_launch,
    {{ grade_after("grade_level_at_launch", 1) }} as grade_a_year_later
from (values ('PK'), ('K'), ('8'), ('12')) as example (grade_level_at_launch)
