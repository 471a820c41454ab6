-- The metrics of the SQRP workbooks, long. A combined school carries attendance twice, with
-- and without "(Grades K-8)": each sheet's own label decides. Marks such as * are no value.
with definition (metric, school_kind, indicator) as (
    values
    ('attendance_sqrp', 'elementary', 'Average Daily Attendance Rate (Grades K-8)'),
    ('attendance_sqrp', 'combined', 'Average Daily Attendance Rate (Grades K-8)'),
    ('attendance_sqrp', 'high', 'Average Daily Attendance Rate'),
    ('growth_read', 'elementary', 'National School Growth Percentile - Reading'),
    ('growth_read', 'combined', 'National School Growth Percentile - Reading'),
    ('growth_math', 'elementary', 'National School Growth Percentile - Math'),
    ('growth_math', 'combined', 'National School Growth Percentile - Math'),
    ('attain38_read', 'elementary', 'National School Attainment %ile - Reading (Grades 3-8)'),
    ('attain38_read', 'combined', 'National School Attainment %ile - Reading (Grades 3-8)'),
    ('attain38_math', 'elementary', 'National School Attainment %ile - Math (Grades 3-8)'),
    ('attain38_math', 'combined', 'National School Attainment %ile - Math (Grades 3-8)'),
    ('fot', 'high', 'Freshmen On-Track Rate'),
    ('fot', 'combined', 'Freshmen On-Track Rate')
)

select
    rating.school_id,
    definition.metric,
    rating.school_year,
    rating.vintage,
    rating.source_file,
    rating.value_number as value
from {{ ref("stg_portal__sqrp_rating") }} as rating
inner join definition
    on
        rating.school_kind = definition.school_kind
        and rating.indicator = definition.indicator
where rating.measure = 'Score' and rating.value_number is not null
