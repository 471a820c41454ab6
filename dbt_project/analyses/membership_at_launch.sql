-- A launch on 8 January 2018, and a year that ends on 19 June.
select
    entry_date,
    exit_date,
    case
        when not {{ spell_covers("date '2018-01-08'", "entry_date", "exit_date") }} then 'joiner'
        when {{ spell_covers("date '2018-06-19'", "entry_date", "exit_date") }} then 'stayer'
        else 'leaver'
    end as membership
from (
    values
    (date '2017-09-05', null::date), (date '2017-09-05', date '2018-06-20'), (date '2017-09-05', date '2018-06-19'),
    (date '2018-01-08', null), (date '2018-01-09', null)
) as example (entry_date, exit_date)
