{# School years. A school year is its ending year (2019) and runs from 1 July to 30 June. #}

{# The school year, as an integer, that a date lies in. #}
{% macro school_year_of(date_expression) -%}
    (extract(year from {{ date_expression }})::integer
        + case when extract(month from {{ date_expression }}) >= 7 then 1 else 0 end)
{%- endmacro %}

{# 2019 -> 'SY18-19'. #}
{% macro school_year_label(school_year) -%}
    ('SY' || lpad((({{ school_year }} - 1) % 100)::text, 2, '0')
        || '-' || lpad(({{ school_year }} % 100)::text, 2, '0'))
{%- endmacro %}

{# 1 July. #}
{% macro school_year_first_date(school_year) -%}
    make_date({{ school_year }} - 1, 7, 1)
{%- endmacro %}

{# 30 June. #}
{% macro school_year_last_date(school_year) -%}
    make_date({{ school_year }}, 6, 30)
{%- endmacro %}
