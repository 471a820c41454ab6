-- Why does my count of enrolments differ from the school's file?
-- Asked by: analysts and school clerks.
-- Read: every enrolment as sent, by the reason why it is in no count; "counts" are those that are. Put another name for
--   BASS; without the school the answer is the district's, and takes some seconds.
-- Columns: school_year, reason, enrolments, students
select
    enrolment.school_year,
    coalesce(enrolment.exclusion_reason, 'counts') as reason,
    count(*) as enrolments,
    count(distinct enrolment.student_key) as students
from marts.fct_enrollment as enrolment
inner join marts.dim_school as school on enrolment.school_id = school.school_id and school.is_current
where school.short_name = 'BASS'
group by enrolment.school_year, coalesce(enrolment.exclusion_reason, 'counts')
order by enrolment.school_year, enrolments desc;
