-- How many minutes a week did a student spend with each ed-tech product?
-- Asked by: the technology office and the products' vendors.
-- Read: minutes over students who were active in the week, over weeks with a report. A week without a report is
--   unknown.
-- Columns: school_year, product, schools, weeks_reported, minutes_per_active_student, share_active
select
    usage.school_year,
    usage.product,
    count(distinct usage.school_id) as schools,
    count(*) as weeks_reported,
    round(sum(usage.minutes)::numeric / nullif(sum(usage.active_students), 0), 1) as minutes_per_active_student,
    round(sum(usage.active_students) / nullif(sum(support.pupils), 0), 3) as share_active
from marts.fct_edtech_usage as usage
left join marts.agg_school_term_support as support
    on
        usage.school_id = support.school_id
        and usage.school_year = support.school_year
        and usage.term = support.term
        and support.support = 'edtech'
group by usage.school_year, usage.product
order by usage.school_year, usage.product;
