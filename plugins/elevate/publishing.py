"""Publication: from candidate to what readers see, in one transaction.

Published tables are lasting ones, and a publication changes only the rows that
differ. Readers are never blocked and never see half of it: to their snapshot the
transaction has either happened or not. Their own views, grants and prepared
statements outlive it, since no table is replaced.

The one exception: a table whose columns or key a new version of its model changed
is made anew. PostgreSQL then shows it empty to a transaction of isolation level
REPEATABLE READ that began before and had not read it yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import psycopg
from psycopg import sql

from elevate import figures
from elevate.refreshes import PUBLISHED_SCHEMAS, Kind
from elevate.settings import Settings
from elevate.trimmings import copy_comments, copy_indexes
from elevate.warehouse import catalog
from elevate.warehouse.connection import Connection, connect


class PublicationError(RuntimeError):
    """The candidate can't be published as it is; nothing was changed."""


@dataclass(frozen=True)
class TableChange:
    """What the publication did to one table. A changed row is one removed and one added."""

    schema: str
    table: str
    rows: int
    added: int
    removed: int
    content_hash: str


@dataclass(frozen=True)
class Publication:
    """One publication: its id, the hash over all its tables, and what changed."""

    id: int
    content_hash: str
    tables: tuple[TableChange, ...]


def publish(settings: Settings, refresh_id: int) -> Publication:
    """Publish the candidate of this refresh, all its tables or none.

    A refresh that is published already is left alone and its publication
    returned. Raises PublicationError where the refresh is not the newest open
    one of its kind, a candidate table was not judged or has no primary key,
    a table whose columns changed is used by somebody's view, or figures of the
    evaluation change that its list of changes does not name.
    """
    with connect(settings) as connection:
        # One publication at a time. No advisory lock: any login could hold that. And none
        # opens a newer refresh meanwhile, since that marks this one as abandoned.
        connection.execute("lock table ops.publication in share row exclusive mode")
        connection.execute("select from ops.refresh where refresh_id = %s for update", (refresh_id,))
        kind = _publishable_kind(connection, refresh_id)
        if kind is not None:
            _refuse_unjudged(connection, refresh_id, kind)
            changes = _publish_tables(connection, kind)
            publication_id = _record(connection, refresh_id, changes)
            if kind == "evaluation":
                _keep_figures(connection, publication_id)
        publication = _read(connection, refresh_id)
    _settle(settings, publication)
    return publication


def content_hash(connection: Connection, schema: str, table: str) -> tuple[int, str]:
    """Rows of a table and a hash of its content, whatever the order of its rows.

    The sum over rows of the first 8 bytes of SHA-256 of the row's text, with the
    count and the column names, hashed again. Tables are equal when their hashes are.
    """
    row = connection.execute(
        sql.SQL("""
            select count(*) as n,
                coalesce(sum(('x' || encode(substr(sha256(convert_to((t.*)::text, 'UTF8')), 1, 8), 'hex'))
                    ::bit(64)::bigint::numeric), 0)::text as total
            from {} as t
        """).format(sql.Identifier(schema, table))
    ).fetchone()
    assert row is not None
    names = ",".join(catalog.columns(connection, schema, table))
    return int(row["n"]), sha256(f"{names}|{row['n']}|{row['total']}".encode()).hexdigest()


def _publishable_kind(connection: Connection, refresh_id: int) -> Kind | None:
    """The refresh's kind, or None where it is published already."""
    row = connection.execute(
        """select kind, verdict, refresh_id = max(refresh_id) over (partition by kind) as newest,
               marts_refresh_id is distinct from (
                   select refresh_id from ops.publication where kind = 'marts' order by publication_id desc limit 1
               ) as outdated
           from ops.refresh where kind = (select kind from ops.refresh where refresh_id = %s)
           order by refresh_id = %s desc limit 1""",
        (refresh_id, refresh_id),
    ).fetchone()
    if row is None:
        raise PublicationError(f"There is no refresh {refresh_id}.")
    if row["verdict"] == "published":
        return None
    if row["verdict"] != "open" or not row["newest"]:
        raise PublicationError(
            f"Refresh {refresh_id} is {row['verdict']}"
            + ("" if row["newest"] else ", and a newer one has begun to build the candidate")
            + ": run the refresh of this night again."
        )
    kind: Kind = row["kind"]
    if kind == "evaluation" and row["outdated"]:
        raise PublicationError(f"Refresh {refresh_id} read marts that are no longer published: run it again.")
    return kind


def _publish_tables(connection: Connection, kind: Kind) -> list[TableChange]:
    changes = []
    for schema in PUBLISHED_SCHEMAS[kind]:
        candidate = f"candidate_{schema}"
        tables = catalog.tables(connection, candidate)
        if not tables:
            raise PublicationError(f"The candidate {candidate} has no tables: the build did not run.")
        for gone in set(catalog.tables(connection, schema)) - set(tables):
            _drop(connection, schema, gone)
        changes += [_publish_table(connection, schema, table) for table in tables]
    return changes


def _publish_table(connection: Connection, schema: str, table: str) -> TableChange:
    candidate, target = sql.Identifier(f"candidate_{schema}", table), sql.Identifier(schema, table)
    key = catalog.primary_key(connection, f"candidate_{schema}", table)
    if not key:
        raise PublicationError(f"{schema}.{table} has no primary key: state its grain in the model's contract.")
    same_shape = catalog.shape(connection, f"candidate_{schema}", table) == catalog.shape(connection, schema, table)
    if not same_shape or key != catalog.primary_key(connection, schema, table):
        # New, or its columns or its grain changed with this version of the model.
        _drop(connection, schema, table)
        added, removed, is_merged = _copy(connection, target, candidate, key), 0, False
    else:
        added, removed = _merge(connection, target, candidate, key)
        is_merged = added + removed > 0  # else the merge has found that nothing differs
    copy_comments(connection, schema, table)
    if schema == "bi":
        _open_to_networks(connection, schema, table)
    rows, hashed = content_hash(connection, schema, table)
    if is_merged and (rows, hashed) != content_hash(connection, f"candidate_{schema}", table):
        raise PublicationError(f"{schema}.{table} differs from its candidate after the merge; nothing was published.")
    return TableChange(schema, table, rows, added, removed, hashed)


def _copy(connection: Connection, target: sql.Identifier, candidate: sql.Identifier, key: Sequence[str]) -> int:
    """The candidate as a table of its own. Its key comes after its rows: sorted, it takes a fraction of the time."""
    connection.execute(sql.SQL("create table {} (like {} including all excluding indexes)").format(target, candidate))
    added = connection.execute(sql.SQL("insert into {} select * from {}").format(target, candidate)).rowcount
    columns = sql.SQL(", ").join(map(sql.Identifier, key))
    connection.execute(sql.SQL("alter table {} add primary key ({})").format(target, columns))
    return added


def _merge(
    connection: Connection, target: sql.Identifier, candidate: sql.Identifier, key: Sequence[str]
) -> tuple[int, int]:
    """Rows that differ are taken away, those that are not there put in; returns how many came and went."""
    same_key = sql.SQL(" and ").join(sql.SQL("c.{0} = p.{0}").format(sql.Identifier(column)) for column in key)
    removed = connection.execute(
        sql.SQL(
            "delete from {} as p where not exists (select from {} as c where {} and (c.*)::text = (p.*)::text)"
        ).format(target, candidate, same_key)
    ).rowcount
    added = connection.execute(
        sql.SQL("insert into {} select c.* from {} as c where not exists (select from {} as p where {})").format(
            target, candidate, target, same_key
        )
    ).rowcount
    return added, removed


def _open_to_networks(connection: Connection, schema: str, table: str) -> None:
    """Readers of one network get its schools' rows, and all of a table without schools; the others all, as before."""
    target = sql.Identifier(schema, table)
    name = target.as_string(connection)
    row = connection.execute(
        "select has_table_privilege('network_reader', %s, 'select') as is_open", (name,)
    ).fetchone()
    if row and row["is_open"]:
        return
    if "school_id" in catalog.columns(connection, schema, table):
        for statement in (
            "alter table {} enable row level security",
            "create policy every_school on {} for select to analyst, bi_reader, elevate_steward using (true)",
            """create policy schools_of_reader on {} for select to network_reader
               using (school_id in (select ops.schools_of_reader()))""",
        ):
            connection.execute(sql.SQL(statement).format(target))
    connection.execute(sql.SQL("grant select on {} to network_reader").format(target))


def _drop(connection: Connection, schema: str, table: str) -> None:
    try:
        connection.execute(sql.SQL("drop table if exists {}").format(sql.Identifier(schema, table)))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise PublicationError(
            f"{schema}.{table} has other columns now, or is no longer built, and views use it: "
            f"{error.diag.message_detail}. Drop these views, publish again, then make them anew."
        ) from None


def _refuse_unjudged(connection: Connection, refresh_id: int, kind: Kind) -> None:
    """Whoever calls this, and whatever step was skipped: each table has its gate's results, and none is red."""
    rows = connection.execute(
        """select name from (select replace(schemaname, 'candidate_', '') || '.' || tablename as name
                             from pg_tables where schemaname = any(%(candidates)s)) as tables
           where not exists (select from ops.gate_result where refresh_id = %(refresh)s and suite = name)
               or exists (select from ops.gate_result where refresh_id = %(refresh)s and suite = name
                          and (verdict = 'error' or (verdict = 'fail' and severity = 'critical')))
           order by name""",
        {"refresh": refresh_id, "candidates": [f"candidate_{schema}" for schema in PUBLISHED_SCHEMAS[kind]]},
    )
    unjudged = [row["name"] for row in rows]
    if unjudged:
        names = ", ".join(unjudged)
        raise PublicationError(f"Refresh {refresh_id}: no gate has let {names} through. Run its gate first.")


def _record(connection: Connection, refresh_id: int, changes: list[TableChange]) -> int:
    lines = sorted(f"{change.schema}.{change.table} {change.content_hash}" for change in changes)
    row = connection.execute(
        """insert into ops.publication (refresh_id, kind, night, content_hash)
           select refresh_id, kind, night, %s from ops.refresh where refresh_id = %s
           returning publication_id""",
        (sha256("\n".join(lines).encode()).hexdigest(), refresh_id),
    ).fetchone()
    assert row is not None
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.publication_table values (%s, %s, %s, %s, %s, %s, %s)",
            [(row["publication_id"], c.schema, c.table, c.rows, c.added, c.removed, c.content_hash) for c in changes],
        )
    connection.execute(
        "update ops.refresh set verdict = 'published', closed_at = now() where refresh_id = %s", (refresh_id,)
    )
    return int(row["publication_id"])


def _keep_figures(connection: Connection, publication_id: int) -> None:
    figures.record(connection, publication_id)
    unlisted = figures.unlisted(connection, publication_id)
    if unlisted:
        raise PublicationError(
            f"{unlisted} figures change that eval_restatement does not list; nothing was published. "
            "Something was published since it was built: run the refresh of this night again."
        )


def _read(connection: Connection, refresh_id: int) -> Publication:
    head = connection.execute(
        "select publication_id, content_hash from ops.publication where refresh_id = %s", (refresh_id,)
    ).fetchone()
    assert head is not None
    rows = connection.execute(
        """select table_schema, table_name, rows, rows_added, rows_removed, content_hash
           from ops.publication_table where publication_id = %s order by 1, 2""",
        (head["publication_id"],),
    )
    changes = tuple(TableChange(*row.values()) for row in rows)
    return Publication(head["publication_id"], head["content_hash"], changes)


def _settle(settings: Settings, publication: Publication) -> None:
    """Indexes as the candidate has them, and fresh statistics for the tables that changed: readers' plans need both."""
    with connect(settings) as connection:
        connection.autocommit = True  # VACUUM and DROP INDEX CONCURRENTLY run in no transaction
        for change in publication.tables:
            copy_indexes(connection, change.schema, change.table)
            if change.added or change.removed:
                # Not cut off at its end: that would need the table for itself, and readers would wait.
                target = sql.Identifier(change.schema, change.table)
                connection.execute(sql.SQL("vacuum (analyze, truncate false) {}").format(target))
