"""What is published of small cells across nights: read before the decision, recorded after it.

A figure that was withheld stays withheld while it is the same, or the older table and the newer
one would give it back together. `ops.withheld_cell` holds each refresh's changes against the
publication before it; those of refreshes that were not published count for nothing. A refresh's
own rows count first, so that it ends in the same tables when it is run again, and a replay, which
is given them, in those that were published.
"""

import io
from datetime import date

import numpy as np
import pandas as pd
from psycopg import sql

from elevate.disclosure.grid import KEY
from elevate.disclosure.rates import Limits
from elevate.disclosure.tables import decide
from elevate.settings import Settings
from elevate.warehouse.connection import Connection, connect

STATE = """
    select distinct on ({key}) {key}, shows, n_students, numerator, denominator
    from ops.withheld_cell left join ops.publication using (refresh_id)
    where (refresh_id = {refresh} and {own}) or publication_id is not null
    order by {key}, refresh_id = {refresh} desc, publication_id desc
"""
CELLS = """
    with state as ({state}),
    seen as ({seen})
    select {cell_key}, cell.cohort, cell.n_students, cell.numerator, cell.denominator,
        cell.is_uniform::integer as is_uniform,
        coalesce(state.shows = 'nothing' and state.n_students = cell.n_students, false)::integer as size_stays,
        -- Of a part and its complement neither may have stayed what it was.
        coalesce(
            state.shows = 'size' and (
                state.numerator = cell.numerator
                or state.denominator - state.numerator = cell.denominator - cell.numerator
            ), false
        )::integer as share_stays,
        coalesce(seen.n_students = cell.n_students, false)::integer as is_size_known,
        coalesce(
            seen.n_students = cell.n_students and seen.numerator = cell.numerator, false
        )::integer as is_share_known
    from intermediate.int_bi_cell as cell left join state using ({key}) left join seen using ({key})
"""
SEEN = """
    select 'school' as level, school_id as unit, school_year, outcome, grade_band, subgroup_dimension, subgroup,
        n_students, numerator
    from bi.bi_school_year_outcome
    union all
    select 'cohort', cohort, school_year, outcome, 'all', 'all', 'all', n_students, numerator
    from bi.bi_cohort_year_outcome
"""
DECIDED = [*KEY, "shows", "mean_lower", "mean_upper"]
RECORDED = [*KEY, "shows", "n_students", "numerator", "denominator"]


def withhold_small_cells(settings: Settings, refresh_id: int) -> dict[str, int]:
    """Decide what the refresh's BI tables show of each cell; returns how many show everything, size, nothing.

    Reads `intermediate.int_bi_cell`, the pattern of earlier publications and what readers see now; writes
    `intermediate.bi_cell_shown` and the refresh's rows of `ops.withheld_cell`. Raises UnknownOutcome.
    """
    with connect(settings) as connection:
        cells = _cells(connection, refresh_id)
        decided = decide(cells, Limits(settings.small_cell_threshold, settings.coded_shares))
        connection.execute("truncate intermediate.bi_cell_shown")
        _copy(connection, "intermediate.bi_cell_shown", refresh_id, decided[DECIDED])
        connection.execute("analyze intermediate.bi_cell_shown")
        _record(connection, refresh_id, decided)
        return {shows: int((decided["shows"] == shows).sum()) for shows in ("everything", "size", "nothing")}


def copy_state(
    source: Connection, target: Connection, refresh_id: int, night: date, publication_id: int | None
) -> None:
    """Give a replay what was withheld as of its publication, or where there is none of nights up to its own."""
    then = sql.SQL(
        """select distinct on ({key}) {refresh}, {key}, shows, n_students, numerator, denominator
           from ops.withheld_cell inner join ops.publication using (refresh_id)
           where publication_id <= coalesce({publication}, publication_id)
               and ({publication}::bigint is not null or night <= {night}::date)
           order by {key}, publication_id desc"""
    ).format(
        key=_columns(KEY),
        refresh=sql.Literal(refresh_id),
        publication=sql.Literal(publication_id),
        night=sql.Literal(night.isoformat()),
    )
    with (
        source.cursor().copy(sql.SQL("copy ({}) to stdout").format(then)) as rows,
        target.cursor().copy("copy ops.withheld_cell from stdin") as copy,
    ):
        for block in rows:
            copy.write(block)


def _cells(connection: Connection, refresh_id: int) -> pd.DataFrame:
    names = {
        "key": _columns(KEY),
        "cell_key": sql.SQL(", ").join(sql.SQL("cell.{0}").format(sql.Identifier(name)) for name in KEY),
    }
    seen = sql.SQL(SEEN) if _was_published(connection) else _seen_nothing()
    query = sql.SQL(CELLS).format(state=_state(refresh_id, own=True), seen=seen, **names)
    return _read(connection, query)


def _was_published(connection: Connection) -> bool:
    """Whether readers have tables of this shape, which say of each cell what they show."""
    row = connection.execute(
        """select count(*) = 2 as both from information_schema.columns where table_schema = 'bi'
           and (table_name, column_name) in (('bi_school_year_outcome', 'subgroup_dimension'),
                                             ('bi_cohort_year_outcome', 'mean_lower'))"""
    ).fetchone()
    return bool(row and row["both"])


def _seen_nothing() -> sql.Composed:
    return sql.SQL("select {}, n_students, numerator from intermediate.int_bi_cell where false").format(_columns(KEY))


def _state(refresh_id: int, *, own: bool) -> sql.Composed:
    return sql.SQL(STATE).format(key=_columns(KEY), refresh=sql.Literal(refresh_id), own=sql.Literal(own))


def _record(connection: Connection, refresh_id: int, decided: pd.DataFrame) -> None:
    """The refresh's changes against what is published: newly withheld, withheld with other figures, shown again."""
    connection.execute("create temp table decided on commit drop as select * from ops.withheld_cell where false")
    figures = decided[RECORDED].copy()
    figures.loc[figures["shows"] != "size", ["numerator", "denominator"]] = np.nan
    _copy(connection, "pg_temp.decided", refresh_id, figures)
    connection.execute("analyze pg_temp.decided")
    connection.execute(
        sql.SQL(
            """insert into ops.withheld_cell
               select decided.* from pg_temp.decided left join ({state}) as state using ({key})
               where (decided.shows <> 'everything' or state.shows <> 'everything')
                   and (decided.shows, decided.n_students, decided.numerator, decided.denominator)
                       is distinct from (state.shows, state.n_students, state.numerator, state.denominator)
               on conflict (refresh_id, {key}) do update set shows = excluded.shows,
                   n_students = excluded.n_students, numerator = excluded.numerator,
                   denominator = excluded.denominator"""
        ).format(state=_state(refresh_id, own=False), key=_columns(KEY))
    )


def _columns(names: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _read(connection: Connection, query: sql.Composed) -> pd.DataFrame:
    content = io.BytesIO()
    copy = sql.SQL("copy ({}) to stdout (format csv, header)").format(query)
    with connection.cursor().copy(copy) as rows:
        for block in rows:
            content.write(block)
    content.seek(0)
    text = dict.fromkeys([*KEY, "cohort"], str) | {"school_year": int}
    return pd.read_csv(content, dtype=text, keep_default_na=False, na_values=[""])


def _copy(connection: Connection, table: str, refresh_id: int, rows: pd.DataFrame) -> None:
    content = rows.assign(refresh_id=refresh_id)[["refresh_id", *rows.columns]].to_csv(index=False, header=False)
    columns = _columns(["refresh_id", *rows.columns])
    target = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    with connection.cursor().copy(sql.SQL("copy {} ({}) from stdin (format csv)").format(target, columns)) as copy:
        copy.write(content)
