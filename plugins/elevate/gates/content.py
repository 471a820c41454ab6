"""What a delivery holds, whatever its bytes: the identity by which `the same again` is recognized.

Another order of rows, a byte order mark, other line ends, thousands separators: none of
these is another content. Which of the rows passed the gate is part of it, since a row that
was refused for a school unknown then may be accepted now.
"""

import hashlib

from psycopg import sql

from elevate.batches import Batch
from elevate.contracts import Feed
from elevate.warehouse.connection import Connection

# Summed per kind of row: accepted, refused by a rule (both typed), refused as untypable (as they came).
SUMS = """
    select 'typed ' || (place.line is not null) as kind, count(*) as n,
        sum(hashtextextended(row({cells}, i._extra)::text, 0)::numeric) as total
    from {incoming} as i
    left join (select distinct file, line from pg_temp.failing) as place
        on place.file = i._file and place.line = i._line
    group by 1
    union all
    select rule, count(*), sum(hashtextextended(row_as_it_came::text, 0)::numeric)
    from quarantine.rejected_row where batch_id = {batch} and rule = 'type' group by rule
    order by 1
"""


def content_hash(connection: Connection, feed: Feed, batch: Batch) -> str:
    """A hash over the batch's rows as typed, whatever their order; reads pg_temp.failing of gate 1.

    The sum over rows of a 64-bit hash of each, with their number and the columns' names.
    Numbers count by value: 1 and 1.0 are the same.
    """
    cells = sql.SQL(", ").join(
        sql.SQL("trim_scale(i.{})" if column.type == "numeric" else "i.{}").format(sql.Identifier(column.name))
        for column in feed.columns
    )
    query = sql.SQL(SUMS).format(
        cells=cells, incoming=sql.Identifier("incoming", batch.incoming), batch=sql.Literal(batch.id)
    )
    sums = [f"{row['kind']} {row['n']} {row['total']}" for row in connection.execute(query)]
    names = ",".join(column.name for column in feed.columns)
    return hashlib.sha256("|".join([names, *sums]).encode()).hexdigest()
