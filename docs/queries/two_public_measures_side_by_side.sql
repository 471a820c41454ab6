-- How far apart are the district's two published attendance measures for the same school and year?
-- Asked by: analysts who found two figures.
-- Read: the definitions differ (docs/definitions.md); never put one where the other is missing. Empty until the public
--   files were loaded.
-- Columns: school_year, category, schools, mean_progress_report, mean_sqrp, mean_difference
select
    report.school_year,
    school.category,
    count(*) as schools,
    round(avg(report.value), 2) as mean_progress_report,
    round(avg(workbook.value), 2) as mean_sqrp,
    round(avg(report.value - workbook.value), 3) as mean_difference
from marts.fct_public_school_metric as report
inner join marts.fct_public_school_metric as workbook
    on
        report.school_id = workbook.school_id
        and report.school_year = workbook.school_year
        and workbook.metric = 'attendance_sqrp'
        and workbook.is_current
left join marts.dim_public_school as school on report.school_id = school.school_id
where report.metric = 'attendance_pr' and report.is_current
group by report.school_year, school.category
order by report.school_year, school.category;
