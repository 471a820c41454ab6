select
    happened_on,
    {{ spell_covers("happened_on", "date '2017-07-01'", "date '2018-05-07'") }} as is_in_the_window
from (
    values (date '2017-06-30'), (date '2017-07-01'), (date '2018-05-06'), (date '2018-05-07')
) as example (happened_on)
