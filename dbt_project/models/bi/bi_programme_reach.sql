select *
from {{ ref("agg_programme_reach") }}
