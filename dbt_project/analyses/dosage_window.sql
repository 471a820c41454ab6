select
    first_day,
    last_day,
    {{ is_in_dosage_window("first_day", "last_day", "date '2017-07-01'", "date '2018-05-08'") }} as is_in_the_window
from (
    values
    (date '2017-06-30', date '2017-06-30'),
    (date '2017-07-01', date '2017-07-01'),
    (date '2018-04-30', date '2018-05-06'),
    (date '2018-05-07', date '2018-05-07'),
    (date '2018-05-07', date '2018-05-13'),
    (date '2018-05-08', date '2018-05-08')
) as example (first_day, last_day)
