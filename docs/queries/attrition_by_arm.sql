-- How many students of the drawn schools were still there and tested in spring, by arm?
-- Asked by: evaluators and reviewers.
-- Read: each step is within the one before. What matters is the difference between the arms, beside the share as such.
--   Until the spring tests of a year have come, nobody is tested.
-- Columns: school_year, arm, randomized, enrolled, tested, share_tested
select
    school_year,
    arm,
    max(students) filter (where step = 'randomized') as randomized,
    max(students) filter (where step = 'enrolled') as enrolled,
    max(students) filter (where step = 'tested') as tested,
    round(
        max(students) filter (where step = 'tested')::numeric
        / nullif(max(students) filter (where step = 'randomized'), 0), 3
    ) as share_tested
from evaluation.eval_sample_flow
group by school_year, arm
order by school_year, arm;
