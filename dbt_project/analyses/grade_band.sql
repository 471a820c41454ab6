select
    grade_level,
    {{ grade_band("grade_level") }} as grade_band
from (values ('PK'), ('K'), ('2'), ('3'), ('8'), ('9'), ('12'), (null)) as example (grade_level)
