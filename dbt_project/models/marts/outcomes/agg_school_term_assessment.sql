with student as (
    select
        school_id,
        school_year,
        season,
        subject,
        norms,
        student_key,
        count(*) as tests,
        max(rit_score) as best,
        max(rit_score) filter (where is_growth_record) as counted,
        max(fall_to_spring_observed_growth) filter (where is_growth_record) as growth,
        max(fall_to_spring_projected_growth) filter (where is_growth_record) as projected,
        max(fall_to_spring_conditional_growth_percentile) filter (where is_growth_record) as percentile
    from {{ ref("int_map_result_attributed") }}
    where school_id is not null
    group by school_id, school_year, season, subject, norms, student_key
),

in_fall as (
    select distinct student_key, school_id, school_year, subject
    from student
    where season = 'fall' and counted is not null
)

select
    student.school_id,
    student.school_year,
    student.season,
    student.subject,
    student.norms,
    in_fall.student_key is not null as tested_in_fall,
    count(*)::integer as students_tested,
    count(*) filter (where student.tests > 1)::integer as students_retested,
    count(student.counted) filter (where student.tests > 1)::integer as students_retested_counted,
    coalesce(sum(student.best - student.counted) filter (where student.tests > 1), 0)::numeric(12, 2)
        as points_left_out,
    count(student.growth)::integer as students_grown,
    sum(student.growth)::numeric(12, 2) as growth,
    count(student.growth - student.projected)::integer as students_projected,
    count(*) filter (where student.growth >= student.projected)::integer as students_met,
    sum(student.growth - student.projected)::numeric(12, 2) as above_projection,
    count(student.percentile)::integer as students_ranked,
    sum(student.percentile)::numeric(12, 2) as percentiles
from student
left join in_fall using (student_key, school_id, school_year, subject)
group by
    student.school_id, student.school_year, student.season, student.subject, student.norms,
    in_fall.student_key is not null
