-- How many schools stood in each stage at the end of each month?
-- Asked by: the programme office, for the board.
-- Read: a stage's first day counts, its end day does not. Schools that joined and left are in no stage.
-- Columns: month_end, cohort, planning, piloting, implementing
select
    month.month_end,
    membership.cohort,
    count(*) filter (where membership.stage = 'planning') as planning,
    count(*) filter (where membership.stage = 'piloting') as piloting,
    count(*) filter (where membership.stage = 'implementing') as implementing
from (
    select max(calendar_date) as month_end
    from marts.dim_date
    where calendar_date <= (select data_as_of from ops.data_as_of where kind = 'marts')
    group by date_trunc('month', calendar_date)
) as month
inner join marts.fct_cohort_membership as membership
    on
        month.month_end >= membership.stage_start
        and (membership.stage_end is null or month.month_end < membership.stage_end)
group by month.month_end, membership.cohort
order by month.month_end, membership.cohort;
