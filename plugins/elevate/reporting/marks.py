"""Estimates as marks on a common axis, with what speaks against them beside them."""

from dataclasses import dataclass, field

from markupsafe import Markup

from elevate.reporting.svg import BLUE, FAINT, INK, RULE, SOFT, WIDTH, Drawing, fit, label, ticks

ROW, HEAD, TYPE = 17, 20, 9.5
LOOKS = {"main": (BLUE, BLUE), "placebo": ("#ffffff", FAINT), "minor": ("#ffffff", SOFT)}
"""Fill and outline of a mark: what counts is filled."""


@dataclass(frozen=True)
class Mark:
    """A value with its interval, where it has one; `kind` is one of LOOKS."""

    value: float
    low: float | None = None
    high: float | None = None
    kind: str = "main"


@dataclass(frozen=True)
class Line:
    """A row of the picture: a heading without marks, or a label with marks, columns of text, or a note instead."""

    label: str
    marks: tuple[Mark, ...] = ()
    columns: tuple[str, ...] = ()
    note: str = ""
    is_heading: bool = False
    bounds: float | None = None
    when: str = ""


@dataclass(frozen=True)
class Axis:
    """What the axis says, and where its guides are: value to whether the line is full."""

    words: str
    guides: dict[float, bool] = field(default_factory=lambda: {0.0: True})
    floor: float = 0.1


@dataclass(frozen=True)
class Column:
    """A column of text to the right of the marks."""

    head: str
    width: float


@dataclass(frozen=True)
class Scale:
    """From values to places; symmetric around zero."""

    left: float
    right: float
    limit: float

    def at(self, value: float) -> float:
        """The place of a value, at the edge where it lies beyond."""
        kept = max(-self.limit, min(self.limit, value))
        return self.left + (kept + self.limit) / (2 * self.limit) * (self.right - self.left)


def forest(
    name: str,
    title: str,
    description: str,
    lines: list[Line],
    axis: Axis,
    columns: tuple[Column, ...] = (),
    names: float = 228,
) -> Markup:
    """Lines of marks below each other."""
    height = HEAD + sum(_height(line) for line in lines) + 34
    drawing = Drawing(name, title, description, WIDTH, height)
    texts = WIDTH - sum(column.width for column in columns)
    scale = Scale(names + 8, texts - 14, reach(lines, axis.floor))
    _grid(drawing, scale, axis, HEAD, height - 30)
    place = texts
    for column in columns:
        drawing.text(place + column.width - 2, HEAD - 8, column.head, 8, "end", SOFT)
        place += column.width
    y: float = HEAD
    for line in lines:
        y += _height(line)
        _line(drawing, line, y - 5, scale, names)
        place = texts
        for column, words in zip(columns, line.columns, strict=False):
            drawing.text(place + column.width - 2, y - 2, words, 8.5, "end")
            place += column.width
    return drawing.markup()


def panel(drawing: Drawing, title: str, lines: list[Line], axis: Axis, place: tuple[float, float, float]) -> None:
    """A small forest in a drawing, at (x, y, width)."""
    x, y, width = place
    drawing.text(x, y + 10, fit(title, width, 9.5), 9.5, bold=True)
    scale = Scale(x + 96, x + width - 8, reach(lines, axis.floor))
    top = y + 16
    _grid(drawing, scale, axis, top, top + 13 * len(lines) + 4)
    for index, line in enumerate(lines):
        middle = top + 13 * index + 9
        drawing.text(x, middle + 3, fit(line.label, 94, 8), 8)
        _marks(drawing, line, middle, scale, 2.4)


def reach(lines: list[Line], floor: float) -> float:
    """How far the axis goes: to the ends of the intervals, but not for one that is far wider than all effects."""
    marks = [mark for line in lines for mark in line.marks]
    ends = [abs(end) for mark in marks for end in (mark.low, mark.high, mark.value) if end is not None]
    values = [abs(mark.value) for mark in marks]
    widest = max(ends, default=floor)
    return max(floor, min(widest * 1.05, max(4 * max(values, default=0), 4 * floor)))


def _height(line: Line) -> float:
    return ROW + (5 if line.is_heading else 0)


def _grid(drawing: Drawing, scale: Scale, axis: Axis, top: float, bottom: float) -> None:
    marks = ticks(-scale.limit, scale.limit, 9 if scale.right - scale.left > 150 else 4)
    for tick in marks:
        x = scale.at(tick)
        drawing.line(x, top, x, bottom, RULE, 0.6)
        drawing.text(x, bottom + 11, label(tick, marks), 8, "middle", SOFT)
    for guide, full in axis.guides.items():
        if abs(guide) <= scale.limit:
            x = scale.at(guide)
            drawing.line(x, top, x, bottom, SOFT, 0.9, "" if full else "3 2")
    drawing.text((scale.left + scale.right) / 2, bottom + 23, axis.words, 8.5, "middle", SOFT)


def _line(drawing: Drawing, line: Line, middle: float, scale: Scale, names: float) -> None:
    if line.is_heading:
        drawing.text(0, middle + 3, line.label, TYPE, bold=True)
        return
    drawing.text(8, middle + 3, fit(line.label, names - (66 if line.when else 8), TYPE), TYPE)
    drawing.text(names, middle + 3, line.when, 8.5, "end", SOFT)
    if line.bounds is not None:
        for side in (-line.bounds, line.bounds):
            if abs(side) <= scale.limit:
                drawing.line(scale.at(side), middle - 5, scale.at(side), middle + 5, FAINT, 1.2)
    _marks(drawing, line, middle, scale, 3.4)


def _marks(drawing: Drawing, line: Line, middle: float, scale: Scale, radius: float) -> None:
    if not line.marks:
        words = fit(line.note, scale.right - scale.left, 8)
        drawing.box(scale.left, middle - 4, min(4.3 * len(words), scale.right - scale.left), 9, "#ffffff")
        drawing.text(scale.left, middle + 3, words, 8, fill=SOFT)
    shift = 4 if len({mark.kind for mark in line.marks}) > 1 and radius > 3 else 0
    for mark in reversed(line.marks):
        y = middle + (shift if mark.kind == "placebo" else 0)
        _mark(drawing, mark, y, scale, radius if mark.kind == "main" else radius * 0.75)


def _mark(drawing: Drawing, mark: Mark, y: float, scale: Scale, radius: float) -> None:
    fill, stroke = LOOKS[mark.kind]
    if mark.low is not None and mark.high is not None:
        drawing.line(scale.at(mark.low), y, scale.at(mark.high), y, stroke, 1.4 if mark.kind == "main" else 0.9)
        for end, side in ((mark.low, -1), (mark.high, 1)):
            if end * side > scale.limit:
                x = scale.at(end)
                drawing.path([(x - side * 4, y - 3), (x, y), (x - side * 4, y + 3)], stroke=stroke)
    if abs(mark.value) <= scale.limit:
        drawing.dot(scale.at(mark.value), y, radius, fill, stroke)


def key(drawing_name: str, entries: list[tuple[str, str]]) -> Markup:
    """A legend: kinds of marks and what they are."""
    drawing = Drawing(drawing_name, "Key", "; ".join(words for _, words in entries), WIDTH, 16)
    x = 0.0
    for kind, words in entries:
        fill, stroke = LOOKS.get(kind, ("#ffffff", INK))
        if kind == "bound":
            drawing.line(x + 8, 3, x + 8, 13, FAINT, 1.2)
        else:
            drawing.line(x, 8, x + 16, 8, stroke, 1.2)
            drawing.dot(x + 8, 8, 3, fill, stroke)
        drawing.text(x + 21, 11, words, 8.5, fill=SOFT)
        x += 34 + len(words) * 4.4
    return drawing.markup()
