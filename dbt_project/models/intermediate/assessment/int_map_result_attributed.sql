-- MAP results with school, grade and which of several tests of a term counts.
--
-- Results are never inner-joined to the roster: a few tested students are not rostered.
-- Their school is found by the school's name on the roster of the term, their grade from
-- the enrolment at that school that covers the day of the test.
--
-- Which of several tests counts, the retest rule, is the macro retest_order.
{{ config(materialized="incremental", incremental_strategy="by_school_year") }}

with school_of_name as (
    select
        term_name,
        school_name,
        min(school_id) as school_id
    from {{ ref("stg_assessment__map_students") }}
    group by term_name, school_name
    having count(distinct school_id) = 1
),

placed as (
    select
        result.*,
        coalesce(roster.school_id, school_of_name.school_id) as school_id,
        roster.grade_level as roster_grade_level,
        roster.student_key is not null as is_rostered
    from {{ ref("stg_assessment__map_results") }} as result
    left join {{ ref("stg_assessment__map_students") }} as roster
        on
            result.student_key = roster.student_key
            and result.term_name = roster.term_name
            and result.school_name = roster.school_name
    left join school_of_name
        on
            result.term_name = school_of_name.term_name
            and result.school_name = school_of_name.school_name
    where {{ is_rebuilt("result.school_year") }}
),

enrolled as (
    select distinct on (placed.test_id)
        placed.test_id,
        enrollment.grade_level
    from placed
    inner join {{ ref("int_enrollment_classified") }} as enrollment
        on
            placed.student_key = enrollment.student_key
            and placed.school_id = enrollment.school_id
            and placed.school_year = enrollment.school_year
            and {{ spell_covers("placed.test_start_date", "enrollment.first_day", "enrollment.end_day") }}
    where enrollment.exclusion_reason is null and not placed.is_rostered
    order by placed.test_id, enrollment.entry_date desc
)

select
    placed.*,
    coalesce(placed.roster_grade_level, enrolled.grade_level) as grade_level,
    row_number() over tests_of_term as rank_in_term,
    placed.growth_measure and row_number() over tests_of_term = 1 as is_growth_record
from placed
left join enrolled on placed.test_id = enrolled.test_id
window tests_of_term as (
    partition by placed.student_key, placed.school_year, placed.season, placed.subject
    order by {{ retest_order("placed") }}
)
