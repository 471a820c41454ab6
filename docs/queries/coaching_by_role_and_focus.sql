-- Whom do coaches meet, on what, and how long?
-- Asked by: the leaders of the coaches.
-- Read: visits held; cancelled ones beside them. Minutes are of held visits whose length is known.
-- Columns: school_year, coach_role, audience, focus, visits_held, visits_cancelled, mean_minutes
select
    school_year,
    coach_role,
    audience,
    focus,
    count(*) filter (where status = 'held') as visits_held,
    count(*) filter (where status = 'cancelled') as visits_cancelled,
    round(avg(minutes) filter (where status = 'held'), 1) as mean_minutes
from marts.fct_coaching_visit
group by school_year, coach_role, audience, focus
order by school_year, coach_role, audience, focus;
