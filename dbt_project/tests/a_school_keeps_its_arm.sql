-- What: a school has the same arm and block in every version of the roster that has it, and a
--   version has every school of the version before.
-- When it matters: the assignment is frozen. A school that changes arm between versions, or
--   leaves the roster, breaks the randomization silently.
-- How to resolve: ask the study for the draw. Never edit the roster to what schools did: that is
--   what `participated` is for.
with assignment as (
    select * from {{ ref("fct_study_assignment") }}
)

select study, school_id
from assignment
group by study, school_id
having count(distinct arm) > 1 or count(distinct block) > 1
union all
select earlier.study, earlier.school_id
from assignment as earlier
cross join (select distinct study, roster_version from assignment) as version
left join assignment as later
    on
        later.study = earlier.study
        and later.school_id = earlier.school_id
        and later.roster_version = version.roster_version
where
    version.study = earlier.study
    and version.roster_version > earlier.roster_version
    and later.school_id is null
