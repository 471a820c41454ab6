"""The sample's way from the draw to the analysis, and what was lost against the boundaries of the WWC."""

from dataclasses import dataclass

from markupsafe import Markup

from elevate.evaluation.attrition import HIGHEST_LOW
from elevate.reporting.svg import BLUE, INK, ORANGE, RULE, SOFT, WIDTH, Drawing, label, ticks, wrap

BOX, STEP, SIDE = 190, 66, 96
ARMS = ("treatment", "control")


@dataclass(frozen=True)
class Stage:
    """A step of one arm: schools, and students as they may be shown; what the step left out."""

    words: str
    schools: str
    students: str
    left_out: tuple[str, ...] = ()
    is_within: bool = True


def flow(title: str, drawn: tuple[str, str], arms: dict[str, list[Stage]]) -> Markup:
    """A diagram in the form of CONSORT: the draw above, an arm on each side."""
    steps = max(len(stages) for stages in arms.values())
    height = 70 + STEP * steps
    told = ". ".join(
        f"{arm}: " + ", ".join(f"{stage.words} {stage.schools}, {stage.students}" for stage in arms[arm])
        for arm in ARMS
    )
    drawing = Drawing("flow", title, told, WIDTH, height)
    _box(drawing, WIDTH / 2 - BOX / 2, 4, drawn[0], (drawn[1],), INK)
    for arm, middle, side in ((ARMS[0], 205.0, -1), (ARMS[1], 475.0, 1)):
        drawing.line(WIDTH / 2, 44, WIDTH / 2, 56, SOFT)
        drawing.line(middle, 56, WIDTH / 2, 56, SOFT)
        _arrow(drawing, middle, 56, 76)
        for index, stage in enumerate(arms[arm]):
            top = 76 + STEP * index
            if index and not stage.is_within:
                drawing.line(middle, top - STEP + 40, middle, top, SOFT, 0.8, "2 3")
            elif index:
                _arrow(drawing, middle, top - STEP + 40, top)
                _left_out(drawing, stage, middle, top - 13, side)
            colour = BLUE if arm == "treatment" else ORANGE
            head = f"{arm}: {stage.words}" if not index else stage.words
            _box(drawing, middle - BOX / 2, top, head, (f"{stage.schools} · {stage.students}",), colour)
    return drawing.markup()


def _box(drawing: Drawing, x: float, y: float, head: str, lines: tuple[str, ...], colour: str) -> None:
    drawing.box(x, y, BOX, 40, "#ffffff", colour)
    drawing.box(x, y, 4, 40, colour)
    drawing.text(x + BOX / 2, y + 16, head.capitalize(), 10, "middle", bold=True)
    for index, line in enumerate(lines):
        drawing.text(x + BOX / 2, y + 31 + 11 * index, line, 9.5, "middle")


def _left_out(drawing: Drawing, stage: Stage, middle: float, y: float, side: int) -> None:
    if not stage.left_out:
        return
    edge = middle + side * (BOX / 2 + 8)
    drawing.line(middle, y, edge - side * 2, y, SOFT, 0.8)
    anchor = "start" if side > 0 else "end"
    for index, words in enumerate(stage.left_out):
        drawing.text(edge, y + 3 + 10 * (index - (len(stage.left_out) - 1) / 2), words, 8.5, anchor, SOFT)


def _arrow(drawing: Drawing, x: float, top: float, bottom: float) -> None:
    drawing.line(x, top, x, bottom - 4, SOFT)
    drawing.path([(x - 3.2, bottom - 5.5), (x + 3.2, bottom - 5.5), (x, bottom)], SOFT, "none")


@dataclass(frozen=True)
class Loss:
    """A point: overall attrition in percent, differential in points; of schools or of students."""

    level: str
    overall: float
    differential: float
    words: str


def boundaries(losses: list[Loss]) -> Markup:
    """Differential against overall attrition, on the fields that either boundary calls low or high."""
    told = "; ".join(
        f"{loss.words}: overall {loss.overall:.1f}%, differential {loss.differential:.1f}" for loss in losses
    )
    drawing = Drawing("attrition", "Attrition against both boundaries of the WWC", told or "No point.", WIDTH, 300)
    wide = max([66.0, *(loss.overall * 1.05 for loss in losses)])
    high = max([12.0, *(loss.differential * 1.05 for loss in losses)])
    left, top, width, height = 44.0, 10.0, 470.0, 246.0

    def place(overall: float, differential: float) -> tuple[float, float]:
        return left + overall / wide * width, top + height - differential / high * height

    for boundary, fill in (("optimistic", "#e3edf5"), ("cautious", "#c3d9ea")):
        points = [place(index, float(value)) for index, value in enumerate(HIGHEST_LOW[boundary])]
        drawing.path([place(0, 0), *points, place(len(points) - 1, 0)], fill)
        drawing.path(points, stroke=BLUE)
    for x in ticks(0, wide, 7):
        drawing.text(place(x, 0)[0], top + height + 13, label(x, [x]) + "%", 8, "middle", SOFT)
    for y in ticks(0, high, 6):
        drawing.line(*place(0, y), *place(wide, y), RULE, 0.6)
        drawing.text(left - 5, place(0, y)[1] + 3, label(y, ticks(0, high, 6)), 8, "end", SOFT)
    drawing.text(left + width / 2, top + height + 28, "overall attrition", 8.5, "middle", SOFT)
    drawing.text(left, top + height + 40, "height: differential attrition, percentage points", 8.5, fill=SOFT)
    for words, at in (
        ("low by both", place(8, 1.6)),
        ("low by the optimistic alone", place(12, 8.0)),
        ("high by both", place(48, 8.0)),
    ):
        drawing.text(*at, words, 9, fill=BLUE)
    _losses(drawing, [(loss, place(loss.overall, loss.differential)) for loss in losses], left + width + 20)
    return drawing.markup()


def _losses(drawing: Drawing, points: list[tuple[Loss, tuple[float, float]]], left: float) -> None:
    for loss, (x, y) in points:
        if loss.level == "schools":
            drawing.box(x - 4, y - 4, 8, 8, "#ffffff", ORANGE)
        else:
            drawing.dot(x, y, 3.4, BLUE, "#ffffff")
    drawing.box(left, 22, 8, 8, "#ffffff", ORANGE)
    drawing.text(left + 14, 30, "schools, one outcome", 9)
    drawing.dot(left + 4, 44, 3.4, BLUE)
    drawing.text(left + 14, 47, "students, one outcome", 9)
    words = "Each point is one outcome in one school year. Points on each other are samples that lost alike."
    for index, line in enumerate(wrap(words, 130, 8.5)):
        drawing.text(left, 72 + 12 * index, line, 8.5, fill=SOFT)
