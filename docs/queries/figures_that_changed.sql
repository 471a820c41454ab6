-- Which published figures of the evaluation changed last night, by how much, and why?
-- Asked by: reviewers, and whoever has quoted a figure.
-- Read: one row a changed column, * where the whole figure is new or withdrawn. The batches are those of the feeds that
--   the table comes from; explanation names all that may have moved it. Empty where the night changed nothing.
-- Columns: table_name, figure, column_name, kind, night_before, night, value_before, value_after, change, batches, explanation
select
    table_name,
    figure,
    column_name,
    kind,
    night_before,
    night,
    value_before,
    value_after,
    change,
    batches,
    explanation
from evaluation.eval_restatement
order by kind, abs(change) desc nulls last, table_name, figure, column_name;
