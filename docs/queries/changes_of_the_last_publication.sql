-- What did the last publication change?
-- Asked by: analysts whose figure is another this morning.
-- Read: a changed row counts as removed and added. Tables without a change are in no row. Empty where nothing changed.
-- Columns: kind, night, published_at, table_name, rows, rows_added, rows_removed
select
    kind,
    night,
    published_at,
    table_schema || '.' || table_name as table_name,
    rows,
    rows_added,
    rows_removed
from ops.publication_change
where rows_added > 0 or rows_removed > 0
order by rows_added + rows_removed desc, table_name;
