{#
  Spells: what counts as being in a school, a stage, a cohort on a date.

  Every spell of this warehouse is half-open: its first day counts, its end is the first
  day on which it no longer holds. So the exit day of an enrolment does not count as a day
  of membership, and a spell that ends on the day it begins has no day at all. The end is
  null while the spell lasts.
#}
{% macro spell_covers(date_expression, first_day, end_day) -%}
    ({{ date_expression }} >= {{ first_day }}
        and ({{ end_day }} is null or {{ date_expression }} < {{ end_day }}))
{%- endmacro %}
