{#
  The cells of one level, each with what may be shown of it.

  in   level, school or cohort
  out  a query with the columns of int_bi_cell; shows: everything, size (how many pupils, and at
       most a range of what they did) or nothing; mean_lower and mean_upper of a range, else
       null. A cell that this refresh has not decided on shows nothing.
#}
{% macro shown_cells(level) -%}
    select
        cell.*,
        coalesce(shown.shows, 'nothing') as shows,
        shown.mean_lower,
        shown.mean_upper
    from {{ ref("int_bi_cell") }} as cell
    left join {{ source("disclosure", "bi_cell_shown") }} as shown
        on
            shown.refresh_id = {{ refresh_id() }}
            and cell.level = shown.level
            and cell.unit = shown.unit
            and cell.school_year = shown.school_year
            and cell.outcome = shown.outcome
            and cell.grade_band = shown.grade_band
            and cell.subgroup_dimension = shown.subgroup_dimension
            and cell.subgroup = shown.subgroup
    where cell.level = '{{ level }}'
{%- endmacro %}

{#
  The family of an outcome: the outcomes of the same pupils but for a few, as in FAMILIES of
  elevate.disclosure.tables.
#}
{% macro outcome_family(outcome) -%}
    case
        when {{ outcome }} like 'map%' then 'map'
        when {{ outcome }} like 'survey%' then 'survey'
        when {{ outcome }} like '%on_track' then {{ outcome }}
        else 'attendance'
    end
{%- endmacro %}

{#
  Whether an outcome is a share, of students or of days: as in SHARES of
  elevate.disclosure.tables. All are told in percent.
#}
{% macro is_share(outcome) -%}
    {{ outcome }} in (
        'attendance_rate', 'chronic_absence', 'suspended_out_of_school', 'freshman_on_track', 'elementary_on_track'
    )
{%- endmacro %}

{#
  The columns that say how much of a cell is shown, and its figures as far as they are. One
  symbol, `*`, for whatever is withheld, whyever it is.
#}
{% macro shown_figures() -%}
    shows = 'nothing' as is_suppressed,
    case when shows <> 'nothing' then n_students end as n_students,
    case when shows = 'everything' then numerator end as numerator,
    case when shows <> 'nothing' then denominator end as denominator,
    case when shows = 'everything' then mean end as mean,
    (case when shows = 'everything' then mean when shows = 'size' then mean_lower end)::numeric(12, 4) as mean_lower,
    (case when shows = 'everything' then mean when shows = 'size' then mean_upper end)::numeric(12, 4) as mean_upper,
    case
        when shows = 'everything' and {{ is_share("outcome") }} then to_char(100 * mean, 'FM990.0') || '%'
        when shows = 'everything' then to_char(mean, 'FM999990.0')
        when shows = 'size' and mean_lower = 0 then '≤ ' || to_char(100 * mean_upper, 'FM990') || '%'
        when shows = 'size' and mean_upper = 1 then '≥ ' || to_char(100 * mean_lower, 'FM990') || '%'
        else '*'
    end as mean_as_shown
{%- endmacro %}
