-- Pupils of a school in a term: average daily membership, the days of membership over the
-- instructional days so far. A pupil who came or left counts for the days spent there.
with spell as (
    select
        membership.school_id,
        membership.school_year,
        term.term,
        greatest(membership.first_day, term.first_date) as first_day,
        least(membership.end_day, term.last_date + 1) as end_day
    from {{ ref("int_membership_merged") }} as membership
    inner join {{ ref("int_term_dated") }} as term
        on
            membership.school_year = term.school_year
            and membership.first_day <= term.last_date
            and membership.end_day > term.first_date
),

counted as (
    {{ count_days("spell", ["school_id", "term"]) }}
)

select
    counted.school_id,
    counted.school_year,
    counted.term,
    counted.days_enrolled as membership_days,
    -- Null before the first instructional day: nobody was there yet.
    (counted.days_enrolled::numeric / nullif(term.days_elapsed, 0))::numeric(12, 6) as pupils
from counted
inner join {{ ref("int_term_dated") }} as term
    on counted.school_year = term.school_year and counted.term = term.term
