-- Every support counts the same: fidelity is about the programme as a whole, and its
-- quantities (hours, visits, dollars) can't be added.
with support as (
    select
        school_id,
        school_year,
        term,
        is_term_over,
        {{ share_of_due("due_quantity", "not_delivered_quantity", "unknown_quantity") }} as share_of_known,
        {{ share_of_due("due_quantity", "not_delivered_quantity + unknown_quantity", 0) }} as share_at_least,
        {{ share_of_due("due_quantity", "not_delivered_quantity", 0) }} as share_at_most
    from {{ ref("agg_school_term_support") }}
    where due_quantity > 0
)

select
    school_id,
    school_year,
    term,
    count(*)::integer as supports_due,
    count(share_of_known)::integer as supports_known,
    avg(share_of_known)::numeric(6, 4) as fidelity,
    avg(share_at_least)::numeric(6, 4) as fidelity_at_least,
    avg(share_at_most)::numeric(6, 4) as fidelity_at_most,
    is_term_over
from support
group by school_id, school_year, term, is_term_over
