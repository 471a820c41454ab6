-- What: no published table of the evaluation has a column for a name, a district student number or a
--   date of birth, and no research key of the sample looks like a student number.
-- When it matters: always; analysts see research keys alone.
-- How to resolve: take the column out of the model. Staging is the only layer that may read it.
select table_name || '.' || column_name as found
from information_schema.columns
where
    table_schema = '{{ ref("eval_analytic_sample").schema }}'
    and column_name ~ '(student_id|first_name|last_name|middle|birth_date)'
union all
select 'eval_analytic_sample.student_key' as found
from {{ ref("eval_analytic_sample") }}
where student_key ~ '^\d{9}$'
