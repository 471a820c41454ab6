{#
  Which cells of a table may not be shown, because they or the total would give a small
  group away.

  in   relation; line, the columns that name a line of cells whose total is published
       elsewhere; cell, the columns that tell the cells of a line apart. The relation has
       n_students, and the cells of a line partition the line's pupils
  out  the relation with is_suppressed:
       primary        cells of fewer pupils than var small_cell_threshold
       complementary  while a line has a suppressed cell, further ones from the smallest up,
                      until those suppressed hold the threshold together: "total less the
                      rest" then never gives a small cell back, nor a small group of cells
#}
{% macro flag_small_cells(relation, line, cell) -%}
    {%- set threshold = var("small_cell_threshold") -%}
    select
        ranked.*,
        n_students < {{ threshold }}
        or (smallest_in_line < {{ threshold }} and n_students_below < {{ threshold }}) as is_suppressed
    from (
        select
            *,
            min(n_students) over (partition by {{ line | join(", ") }}) as smallest_in_line,
            sum(n_students) over from_smallest - n_students as n_students_below
        from {{ relation }}
        window from_smallest as (
            partition by {{ line | join(", ") }}
            order by n_students, {{ cell | join(", ") }}
            rows between unbounded preceding and current row
        )
    ) as ranked
{%- endmacro %}
