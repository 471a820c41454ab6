-- Both, side by side, for schools and years that have both.
select
    report.school_id,
    report.school_year,
    report.value as attainment_grades_2_to_8,
    workbook.value as attainment_grades_3_to_8
from {{ ref("fct_public_school_metric") }} as report
inner join {{ ref("fct_public_school_metric") }} as workbook
    on report.school_id = workbook.school_id and report.school_year = workbook.school_year
where
    report.metric = 'attain28_read' and report.is_current
    and workbook.metric = 'attain38_read' and workbook.is_current
