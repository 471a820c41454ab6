-- Which schools have closed, when, and where did their students go?
-- Asked by: analysts, before they follow a school over years.
-- Read: the successor is the district's; the other figures say how many of the last students were enrolled there
--   afterwards. Empty where no school closed.
-- Columns: school_id, short_name, closed_from, successor, last_students, went_to_successor, went_elsewhere
with closed as (
    select school_id, short_name, closed_from, successor_school_id
    from marts.dim_school
    where is_current and not is_open
),

last_student as (
    select distinct
        closed.school_id,
        enrolment.student_key
    from closed
    inner join marts.fct_enrollment as enrolment using (school_id)
    where enrolment.is_counted and coalesce(enrolment.exit_date, closed.closed_from) >= closed.closed_from - 30
)

select
    closed.school_id,
    closed.short_name,
    closed.closed_from,
    successor.short_name as successor,
    count(last_student.student_key) as last_students,
    count(*) filter (
        where exists (
            select 1 from marts.fct_enrollment as later
            where
                later.student_key = last_student.student_key
                and later.school_id = closed.successor_school_id
                and later.entry_date >= closed.closed_from
        )
    ) as went_to_successor,
    count(*) filter (
        where exists (
            select 1 from marts.fct_enrollment as later
            where
                later.student_key = last_student.student_key
                and later.school_id not in (closed.school_id, closed.successor_school_id)
                and later.entry_date >= closed.closed_from
        )
    ) as went_elsewhere
from closed
left join last_student using (school_id)
left join marts.dim_school as successor
    on closed.successor_school_id = successor.school_id and successor.is_current
group by closed.school_id, closed.short_name, closed.closed_from, successor.short_name
order by closed.closed_from, closed.school_id;
