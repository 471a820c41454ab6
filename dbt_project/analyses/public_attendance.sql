-- Both, side by side, for schools and years that have both.
select
    report.school_id,
    report.school_year,
    report.value as attendance_pr,
    workbook.value as attendance_sqrp
from {{ ref("fct_public_school_metric") }} as report
inner join {{ ref("fct_public_school_metric") }} as workbook
    on report.school_id = workbook.school_id and report.school_year = workbook.school_year
where
    report.metric = 'attendance_pr' and report.is_current
    and workbook.metric = 'attendance_sqrp' and workbook.is_current
