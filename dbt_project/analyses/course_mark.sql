select
    mark,
    subject,
    {{ mark_points("mark") }} as points,
    {{ credits_earned("mark", "0.5") }} as credits_earned,
    {{ is_core_subject("subject") }} as is_core,
    {{ course_marks_due_on("last_day_of_school") }} as due_on
from (
    values
    ('A', 'english', date '2018-06-15'), ('D', 'math', date '2018-06-15'), ('F', 'science', date '2018-06-15'),
    ('F', 'other', date '2018-06-15'), ('I', 'social_science', date '2018-06-15')
) as example (mark, subject, last_day_of_school)
