-- What: across schools a student has no more days than the schools' days together, and no fewer
--   than the most at one of them; absent no more than enrolled.
-- When it matters: chronic absence across schools is wrong for everybody who moved, if a transfer
--   day counts twice or an absence at one school hides presence at the other.
-- How to resolve: look at int_membership_merged_all_schools and int_absence_counted_all_schools.
with by_school as (
    select
        student_key, school_year,
        sum(days_enrolled) as days_together,
        max(days_enrolled) as days_at_most,
        sum(days_absent) as days_absent
    from {{ ref("agg_student_year_attendance") }}
    group by student_key, school_year
)

select by_school.student_key, by_school.school_year
from by_school
left join {{ ref("agg_student_year_attendance_all_schools") }} as across
    on by_school.student_key = across.student_key and by_school.school_year = across.school_year
where
    across.student_key is null
    or across.days_enrolled > by_school.days_together
    or across.days_enrolled < by_school.days_at_most
    or across.days_absent > by_school.days_absent
    or across.days_absent > across.days_observed
