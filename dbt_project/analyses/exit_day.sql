select
    given_date,
    {{ spell_covers("given_date", "date '2018-09-04'", "date '2019-02-11'") }} as is_enrolled,
    {{ spell_covers("given_date", "date '2018-09-04'", "null::date") }} as is_enrolled_without_exit
from (
    values (date '2018-09-03'), (date '2018-09-04'), (date '2019-02-10'), (date '2019-02-11')
) as example (given_date)
