select
    absence_code,
    {{ absence_kind("absence_code") }} as absence_kind
from (values ('UX'), ('EX'), ('SU'), ('MX'), ('ZZ')) as example (absence_code)
