-- What share of ninth graders ended the year on track, by school year and cohort, and what held back the others?
-- Asked by: principals of high schools and the office of college and career success.
-- Read: `measured` are first-time ninth graders who did not leave; on track is five credits and no more than one
--   core F. Of those off track, `failed_core` have two core Fs or more, `dropped_out` left school. Not measured is
--   not off track.
-- Columns: school_year, cohort, freshmen, measured, on_track_percent, failed_core, dropped_out
select
    track.school_year,
    coalesce(membership.cohort, 'none') as cohort,
    count(*) as freshmen,
    count(track.is_freshman_on_track) as measured,
    round(100.0 * count(*) filter (where track.is_freshman_on_track) / nullif(count(track.is_freshman_on_track), 0), 1)
        as on_track_percent,
    count(*) filter (where not track.is_freshman_on_track and track.core_semester_fs > 1) as failed_core,
    count(*) filter (where track.ending = 'dropped_out') as dropped_out
from marts.agg_student_year_on_track as track
left join marts.agg_school_year_membership as membership
    on track.school_id = membership.school_id and track.school_year = membership.school_year
where track.definition = 'freshman'
group by track.school_year, membership.cohort
order by track.school_year, cohort;
