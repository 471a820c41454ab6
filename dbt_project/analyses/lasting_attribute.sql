-- Last years' students by what their records say tonight: of the year are grade and income alone.
select
    attendance.school_year,
    attendance.grade_level,
    student.race_ethnicity,
    count(*) as students
from {{ ref("agg_student_year_attendance") }} as attendance
inner join {{ ref("dim_student") }} as student on attendance.student_key = student.student_key
group by attendance.school_year, attendance.grade_level, student.race_ethnicity
