-- Did students leave the treated schools, or come to them, more than the controls?
-- Asked by: evaluators and reviewers, for who joined and who left.
-- Read: stayers and leavers were there on the launch date, joiners came after it; students with any outcome that is
--   sought. Estimates by assignment leave joiners out and keep leavers in. Empty until the school year of a launch is
--   over.
-- Columns: school_year, block, arm, stayers, leavers, joiners, share_left, joiners_for_100_stayers
with student as (
    select distinct
        school_year,
        block,
        arm,
        student_key,
        membership
    from evaluation.eval_analytic_sample
)

select
    school_year,
    block,
    arm,
    count(*) filter (where membership = 'stayer') as stayers,
    count(*) filter (where membership = 'leaver') as leavers,
    count(*) filter (where membership = 'joiner') as joiners,
    round(avg((membership = 'leaver')::integer) filter (where membership <> 'joiner'), 3) as share_left,
    round(
        100.0 * count(*) filter (where membership = 'joiner')
        / nullif(count(*) filter (where membership = 'stayer'), 0), 1
    ) as joiners_for_100_stayers
from student
group by school_year, block, arm
order by school_year, block, arm;
