{#
  Day on which the marks of a school year are due, and on-track is judged for the first time. They
  come within six days of the last day of school, a few up to three weeks late.
#}
{% macro course_marks_due_on(last_instructional_date) -%}
    ({{ last_instructional_date }} + 10)
{%- endmacro %}

{#
  Freshman on-track, from the marks of a ninth grade that is over: at least five full-year
  credits (ten semester credits), and no more than one semester F in a core subject. Marks that
  are still open (incomplete) decide nothing: null while either answer is possible.
#}
{% macro is_freshman_on_track(credits_earned, credits_open, core_semester_fs, core_open) -%}
    (case
        when {{ credits_earned }} >= 5 and {{ core_semester_fs }} + {{ core_open }} <= 1 then true
        when {{ credits_earned }} + {{ credits_open }} < 5 or {{ core_semester_fs }} > 1 then false
    end)
{%- endmacro %}

{#
  Elementary on-track, grades 3 to 8, from a school year that is over: a C or better in reading
  and in math, on average of the semesters, attendance of 92 percent or more, and at most two
  incidents. Compared in whole numbers (points >= 2 x marks, 100 x present >= 92 x observed), so
  that no rounding decides. Null where a subject has no mark, or no day was observed.
#}
{% macro is_elementary_on_track(
    reading_points, reading_marks, math_points, math_marks, days_absent, days_observed, incidents
) -%}
    (case
        when {{ reading_marks }} > 0 and {{ math_marks }} > 0 and {{ days_observed }} > 0
            then {{ reading_points }} >= 2 * {{ reading_marks }}
                and {{ math_points }} >= 2 * {{ math_marks }}
                and 100 * ({{ days_observed }} - {{ days_absent }}) >= 92 * {{ days_observed }}
                and {{ incidents }} <= 2
    end)
{%- endmacro %}
