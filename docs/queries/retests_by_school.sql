-- Where are students tested again in the same term, and does the record that counts differ from the best score?
-- Asked by: the assessment office.
-- Read: the vendor's mark decides which test counts, not the better score. A high share of retests with better scores
--   is a reason to ask the school. Empty where nobody was tested twice.
-- Columns: short_name, school_year, subject, students_tested, students_retested, share_retested, points_left_out
with tested as (
    select
        school_id,
        school_year,
        season,
        subject,
        student_key,
        count(*) as tests,
        max(score) as best,
        max(score) filter (where is_growth_record) as counted
    from marts.fct_assessment_result
    where measure = 'rit' and school_id is not null
    group by school_id, school_year, season, subject, student_key
)

select
    school.short_name,
    tested.school_year,
    tested.subject,
    count(*) as students_tested,
    count(*) filter (where tested.tests > 1) as students_retested,
    round(avg((tested.tests > 1)::integer), 4) as share_retested,
    round(avg(tested.best - tested.counted) filter (where tested.tests > 1), 2) as points_left_out
from tested
inner join marts.dim_school as school on tested.school_id = school.school_id and school.is_current
group by school.short_name, tested.school_year, tested.subject
having count(*) filter (where tested.tests > 1) > 0
order by share_retested desc, school.short_name, tested.school_year, tested.subject;
