"""What the report is made of: the published figures of one night, their descriptions, and where they come from."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import sql

from elevate import figures
from elevate.settings import Settings
from elevate.warehouse import connect
from elevate.warehouse.connection import Connection

Row = dict[str, Any]
Tables = dict[str, list[Row]]

SHOWN = {
    "evaluation.eval_outcome": "outcome position label domain scale unit is_higher_better baseline_outcome",
    "evaluation.eval_sample_flow": "study roster_version arm school_year step_number step as_of_date schools students",
    "evaluation.eval_attrition": """study roster_version sample level outcome follow_up randomized_treatment
        analysed_treatment randomized_control analysed_control overall differential cautious optimistic""",
    "evaluation.eval_baseline_equivalence": """study roster_version sample outcome follow_up covariate domain measure
        n_schools_treatment n_schools_control n_students_treatment n_students_control effect_size verdict
        joint_p_value not_estimable""",
    "evaluation.eval_impact": """study roster_version sample outcome follow_up subgroup_dimension subgroup method domain
        school_years estimate standard_error degrees_of_freedom p_value interval_low interval_high effect_size
        effect_size_low effect_size_high improvement_index standard_deviation mean_control p_value_adjusted
        is_significant_adjusted n_schools_treatment n_schools_control n_students_treatment n_students_control
        placebo_outcome placebo_estimate placebo_standard_error placebo_p_value lee_low lee_high not_estimable
        warning""",
    "evaluation.eval_event_study": """outcome school_category method cohort event_time is_before_launch estimate
        standard_error p_value interval_low interval_high n_schools_treated n_schools_comparison pretrend_p_value
        not_estimable""",
    "evaluation.eval_minimum_detectable_effect": """study roster_version sample outcome follow_up design schools blocks
        icc r2_schools r2_students degrees_of_freedom minimum_detectable_effect_size
        minimum_detectable_effect not_estimable""",
    "evaluation.eval_cost_effectiveness": """study roster_version outcome follow_up pupils_treatment pupils_control
        cost_per_pupil_usd gain gain_low gain_high cost_per_tenth_sd_usd cost_per_tenth_sd_low_usd
        cost_per_tenth_sd_high_usd reading""",
    "evaluation.eval_restatement": """table_name figure column_name night_before night value_before value_after change
        kind batches is_explained explanation""",
    "evaluation.eval_public_did": """cohort category metric pre_years post_years kind n_treated n_comparison did
        standard_error placebo_metric placebo_did placebo_standard_error warning""",
    "marts.dim_study": """study effective_from is_current title status doi registered_on starts_on ends_on investigators
        unit_of_randomization days_until_registered""",
    "marts.fct_study_assignment": """study roster_version school_id block arm randomized_on participated
        is_current_version""",
    "marts.dim_programme_cohort": "cohort launch_date schools_joined schools_active",
    "marts.agg_programme_reach": """school_year school_year_label as_of_date schools_reached schools_active
        schools_planning schools_piloting schools_implementing target_schools target_date""",
    "marts.agg_school_term_fidelity": """school_id school_year term fidelity fidelity_at_least fidelity_at_most
        is_term_over""",
    "marts.dim_school": "school_id short_name is_current",
}
"""The tables of the report, each with the columns of which something is shown."""


DESCRIBED = ("evaluation.eval_analytic_sample",)
"""Tables of which the report shows the description alone."""


class ReportError(RuntimeError):
    """There is nothing published for the report; the message says what to do."""


@dataclass(frozen=True)
class Publication:
    """The state that the report stands for. `number` is the first publication of its night with that content.

    `is_past`: readers see another one by now, or marts of another night beside it.
    """

    night: date
    number: int
    content_hash: str
    feeds: tuple[Row, ...]
    is_past: bool = False


@dataclass(frozen=True)
class Figures:
    """Published rows by table, as JSON values in a fixed order; descriptions of tables and of `table.column`."""

    publication: Publication
    tables: Tables
    descriptions: dict[str, str]


def read(settings: Settings, night: date | None = None) -> Figures:
    """The figures as they are published, or as they were for an earlier night; all of one moment.

    Of an earlier night the evaluation is there as it was published, and of the marts what they keep
    themselves: rosters, registration. Raises ReportError where no evaluation was published, or none of `night`.
    """
    with connect(settings) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        chosen = _chosen(connection, night)
        tables = {name.split(".")[1]: _rows(connection, name, columns) for name, columns in SHOWN.items()}
        if chosen["is_past"]:
            tables = _as_of(connection, chosen, tables)
        return Figures(_publication(connection, chosen), tables, _descriptions(connection))


def _chosen(connection: Connection, night: date | None) -> Row:
    """The last publication of the night, by default of all."""
    found = connection.execute(
        """select publication_id, night, content_hash, marts_refresh_id,
               publication_id < max(publication_id) over () or marts_refresh_id is distinct from (
                   select refresh_id from ops.publication where kind = 'marts' order by publication_id desc limit 1
               ) as is_past
           from ops.publication join ops.refresh using (refresh_id, night)
           where publication.kind = 'evaluation' order by publication_id desc"""
    ).fetchall()
    if not found:
        raise ReportError("No evaluation was published yet: run a night first.")
    for row in found:
        if night in (None, row["night"]):
            return row
    raise ReportError(f"No evaluation of {night} was published; the last one is that of {found[0]['night']}.")


def _publication(connection: Connection, chosen: Row) -> Publication:
    first = connection.execute(
        """select min(publication_id) as number from ops.publication
           where kind = 'evaluation' and night = %(night)s and content_hash = %(content_hash)s""",
        chosen,
    ).fetchone()
    assert first is not None
    feeds = connection.execute(
        """select source, feed, data_as_of::text from ops.refresh_feed
           where refresh_id = %(marts_refresh_id)s order by source, feed""",
        chosen,
    ).fetchall()
    return Publication(chosen["night"], first["number"], chosen["content_hash"], tuple(feeds), chosen["is_past"])


def _as_of(connection: Connection, chosen: Row, published: Tables) -> Tables:
    """The tables as they were; those that nobody keeps are empty."""
    known = figures.as_of(connection, chosen["publication_id"])
    tables: Tables = {}
    for name, columns in SHOWN.items():
        table = name.split(".")[1]
        rows = [{column: _plain(row[column]) for column in row} for row in known.get(table, [])]
        tables[table] = _ordered(rows, columns)
    night = chosen["night"].isoformat()
    # A roster is frozen, so those of now up to that of the night are those of the night.
    newest = {row["study"]: row["roster_version"] for row in tables["eval_sample_flow"]}
    tables["fct_study_assignment"] = [
        row | {"is_current_version": row["roster_version"] == newest[row["study"]]}
        for row in published["fct_study_assignment"]
        if row["roster_version"] <= newest.get(row["study"], 0)
    ]
    known_then = [row for row in published["dim_study"] if row["effective_from"] <= night]
    last = {
        row["study"]: row["effective_from"] for row in sorted(known_then, key=lambda row: str(row["effective_from"]))
    }
    tables["dim_study"] = [row | {"is_current": row["effective_from"] == last[row["study"]]} for row in known_then]
    return tables


def _plain(value: Any) -> Any:
    """A value as JSON would have it."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _rows(connection: Connection, name: str, columns: str) -> list[Row]:
    """All rows of a published table, none where it is not there; only the named columns."""
    schema, table = name.split(".")
    known = connection.execute("select to_regclass(%s) is not null as known", (name,)).fetchone()
    if not known or not known["known"]:
        return []
    query = sql.SQL("select to_jsonb(t) as row from {} as t").format(sql.Identifier(schema, table))
    return _ordered([row["row"] for row in connection.execute(query)], columns)


def _ordered(rows: list[Row], columns: str) -> list[Row]:
    """The named columns alone, in an order that the values give."""
    kept = [{column: row[column] for column in columns.split() if column in row} for row in rows]
    return sorted(kept, key=lambda row: [str(value) for value in row.values()])


def _descriptions(connection: Connection) -> dict[str, str]:
    """What the database says of the tables of the report and of their columns."""
    rows = connection.execute(
        """select relname || coalesce('.' || attname, '') as name, description
           from pg_description
           join pg_class on pg_class.oid = objoid and classoid = 'pg_class'::regclass
           left join pg_attribute on attrelid = objoid and attnum = objsubid and objsubid > 0
           where relnamespace::regnamespace::text || '.' || relname = any(%s) order by 1""",
        ([*SHOWN, *DESCRIBED],),
    )
    return {row["name"]: row["description"] for row in rows}
