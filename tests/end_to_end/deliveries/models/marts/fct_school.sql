select school_id, arm from {{ ref("stg_school") }}
