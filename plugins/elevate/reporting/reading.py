"""What the report is made of: the published figures of one night, their descriptions, and where they come from."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql

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
    "marts.dim_study": """study is_current title status doi registered_on starts_on ends_on investigators
        unit_of_randomization days_registered_after_start""",
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
    """The state that the report stands for. `number` is the first publication of its night with that content."""

    night: date
    number: int
    content_hash: str
    feeds: tuple[Row, ...]


@dataclass(frozen=True)
class Figures:
    """Published rows by table, as JSON values in a fixed order; descriptions of tables and of `table.column`."""

    publication: Publication
    tables: Tables
    descriptions: dict[str, str]


def read(settings: Settings, night: date | None = None) -> Figures:
    """The figures as they are published, all of one moment.

    Raises ReportError where no evaluation was published, or not that of `night` last.
    """
    with connect(settings) as connection:
        connection.execute("set transaction isolation level repeatable read, read only")
        publication = _publication(connection, night)
        tables = {name.split(".")[1]: _rows(connection, name, columns) for name, columns in SHOWN.items()}
        return Figures(publication, tables, _descriptions(connection))


def _publication(connection: Connection, night: date | None) -> Publication:
    last = connection.execute(
        """select night, content_hash, marts_refresh_id from ops.publication join ops.refresh using (refresh_id, night)
           where publication.kind = 'evaluation' order by publication_id desc limit 1"""
    ).fetchone()
    if last is None:
        raise ReportError("No evaluation was published yet: run a night first.")
    if night not in (None, last["night"]):
        raise ReportError(
            f"The published evaluation is that of {last['night']}, not of {night}: "
            "leave out --night, or open the report that was made on that night."
        )
    first = connection.execute(
        """select min(publication_id) as number from ops.publication
           where kind = 'evaluation' and night = %(night)s and content_hash = %(content_hash)s""",
        last,
    ).fetchone()
    assert first is not None
    feeds = connection.execute(
        """select source, feed, data_as_of::text from ops.refresh_feed
           where refresh_id = %(marts_refresh_id)s order by source, feed""",
        last,
    ).fetchall()
    return Publication(last["night"], first["number"], last["content_hash"], tuple(feeds))


def _rows(connection: Connection, name: str, columns: str) -> list[Row]:
    """All rows of a published table, none where it is not there; only the named columns."""
    schema, table = name.split(".")
    known = connection.execute("select to_regclass(%s) is not null as known", (name,)).fetchone()
    if not known or not known["known"]:
        return []
    query = sql.SQL("select to_jsonb(t) as row from {} as t").format(sql.Identifier(schema, table))
    rows = [row["row"] for row in connection.execute(query)]
    wanted = columns.split()
    kept = [{column: row[column] for column in wanted if column in row} for row in rows]
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
