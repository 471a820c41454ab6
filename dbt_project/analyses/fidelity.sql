-- Schools whose fidelity last year is too uncertain to rank.
select
    school_id,
    school_year,
    term,
    fidelity_at_least,
    fidelity,
    fidelity_at_most
from {{ ref("agg_school_term_fidelity") }}
where is_term_over and fidelity_at_most - fidelity_at_least > 0.1
