-- Schools of the newest roster by arm: all of them, and those that took part.
select
    block,
    arm,
    count(*) as schools_as_drawn,
    count(*) filter (where participated) as schools_that_took_part
from {{ ref("fct_study_assignment") }}
where is_current_version
group by block, arm
