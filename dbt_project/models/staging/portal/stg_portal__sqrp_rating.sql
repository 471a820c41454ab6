-- One row a filled cell of a workbook. The path of labels ends in indicator and measure
-- (`group > indicator > measure`); columns such as the rating have an indicator alone.
with rating as (
    select
        vintage,
        sheet,
        school_id,
        school_name,
        occurrence,
        value,
        row_number,
        _file,
        string_to_array(indicator, ' > ') as labels
    from {{ current_rows("portal", "sqrp_rating") }} as sqrp_rating
)

select
    vintage,
    -- Workbook 2017_18 holds data of 2017.
    left(vintage, 4)::integer as school_year,
    sheet,
    case
        when lower(sheet) like 'elem%' then 'elementary'
        when lower(sheet) like 'high%' then 'high'
        when lower(sheet) like 'comb%' then 'combined'
        when lower(sheet) like 'option%' then 'option'
    end as school_kind,
    school_id::text as school_id,
    school_name,
    case when cardinality(labels) = 1 then labels[1] else labels[cardinality(labels) - 1] end as indicator,
    case when cardinality(labels) > 1 then labels[cardinality(labels)] end as measure,
    occurrence,
    value as value_text,
    case when value ~ '^-?\d+(\.\d+)?$' then value::numeric end as value_number,
    row_number,
    _file as source_file
from rating
