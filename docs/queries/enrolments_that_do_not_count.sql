-- Why does my count of enrolments differ from the district's file?
-- Asked by: analysts and school clerks.
-- Read: every enrolment as sent, by the reason why it is in no count; "counts" are those that are.
-- Columns: school_year, reason, enrolments, students
select
    school_year,
    coalesce(exclusion_reason, 'counts') as reason,
    count(*) as enrolments,
    count(distinct student_key) as students
from marts.fct_enrollment
group by school_year, coalesce(exclusion_reason, 'counts')
order by school_year, enrolments desc;
