select
    given_date,
    {{ school_year_of("given_date") }} as school_year,
    {{ school_year_label(school_year_of("given_date")) }} as school_year_label,
    {{ school_year_first_date(school_year_of("given_date")) }} as first_date,
    {{ school_year_last_date(school_year_of("given_date")) }} as last_date
from (values (date '2018-06-30'), (date '2018-07-01'), (date '2019-02-11')) as example (given_date)
