-- Where are students tested again in the same term, and does the record that counts differ from the best score?
-- Asked by: the assessment office.
-- Read: the vendor's mark decides which test counts, not the better score. A high share of retests with better scores
--   is a reason to ask the school. Empty where nobody was tested twice.
-- Columns: short_name, school_year, subject, students_tested, students_retested, share_retested, points_left_out
select
    school.short_name,
    test.school_year,
    test.subject,
    sum(test.students_tested) as students_tested,
    sum(test.students_retested) as students_retested,
    round(sum(test.students_retested)::numeric / sum(test.students_tested), 4) as share_retested,
    round(sum(test.points_left_out) / nullif(sum(test.students_retested_counted), 0), 2) as points_left_out
from marts.agg_school_term_assessment as test
inner join marts.dim_school as school on test.school_id = school.school_id and school.is_current
group by school.short_name, test.school_year, test.subject
having sum(test.students_retested) > 0
order by share_retested desc, school.short_name, test.school_year, test.subject;
