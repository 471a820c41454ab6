select
    test_id,
    row_number() over ranked as rank_in_term,
    growth_measure and row_number() over ranked = 1 as is_growth_record
from (
    values
    ('higher score', false, 2.9, date '2017-09-10', time '09:00'),
    ('marked', true, 3.3, date '2017-09-20', time '09:00'),
    ('marked, smaller error', true, 3.1, date '2017-09-12', null)
) as example (test_id, growth_measure, standard_error, test_start_date, test_start_time)
window ranked as (order by {{ retest_order("example") }})
