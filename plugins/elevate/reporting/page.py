"""The page: sections in the order in which a reviewer asks for them, in one file."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from elevate.reporting import of_costs, of_effects, of_programme, of_record, of_study, of_variation
from elevate.reporting.brief import brief
from elevate.reporting.protecting import protected
from elevate.reporting.reading import Figures
from elevate.reporting.shown import Picture, Shown
from elevate.reporting.words import plain

SECTIONS = (
    of_study.design, of_study.sample, of_study.attrition, of_study.balance, of_effects.effects, of_variation.subgroups,
    of_variation.over_time, of_programme.dosage, of_programme.reached, of_costs.detectable, of_costs.costs,
    of_programme.public, of_record.changes, of_record.versions,
)  # fmt: skip


def render(figures: Figures, threshold: int) -> str:
    """The report as HTML that asks for nothing else; no count of students below `threshold` is in it."""
    safe = Figures(figures.publication, protected(figures.tables, threshold), figures.descriptions)
    shown = Shown(safe)
    environment = Environment(
        loader=PackageLoader("elevate.reporting"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["is_picture"] = lambda part: isinstance(part, Picture)
    environment.policies["json.dumps_kwargs"] = {"sort_keys": True, "separators": (",", ":")}
    return environment.get_template("report.html.j2").render(
        night=safe.publication.night.isoformat(),
        number=safe.publication.number,
        content_hash=safe.publication.content_hash,
        threshold=threshold,
        brief=brief(shown),
        sections=[section(shown) for section in SECTIONS],
        definitions=of_record.definitions(shown),
        quoted=lambda names: _quoted(shown, names),
        figures=safe.tables,
    )


def _quoted(shown: Shown, names: tuple[str, ...]) -> list[tuple[str, Any]]:
    """Columns and what the warehouse says of them."""
    return [(plain(name.split(".")[1]), words) for name in names if "." in name and (words := shown.definition(name))]
