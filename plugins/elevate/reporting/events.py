"""Event studies as small pictures beside each other, each with its years before the launch."""

from dataclasses import dataclass

from markupsafe import Markup

from elevate.reporting.svg import BLUE, FAINT, MINUS, RULE, SOFT, WIDTH, Drawing, fit, label, ticks

ACROSS, HEIGHT, GAP = 3, 166, 16


@dataclass(frozen=True)
class Point:
    """An estimate `time` school years after the launch."""

    time: int
    value: float
    low: float | None
    high: float | None
    is_before: bool


@dataclass(frozen=True)
class Study:
    """One outcome in one kind of school: the main method's points, another's, and what to know about them."""

    title: str
    unit: str
    points: tuple[Point, ...]
    others: tuple[Point, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Frame:
    """Where times and values lie."""

    left: float
    top: float
    width: float
    height: float
    times: tuple[int, int]
    limit: float

    def x(self, time: float) -> float:
        first, last = self.times
        return self.left + (time - first + 0.5) / (last - first + 1) * self.width

    def y(self, value: float) -> float:
        kept = max(-self.limit, min(self.limit, value))
        return self.top + (self.limit - kept) / (2 * self.limit) * self.height


def event_studies(name: str, studies: list[Study]) -> list[Markup]:
    """Pictures of a row of studies each, so that a page can break between them."""
    return [
        _row(f"{name}-{start // ACROSS + 1}", studies[start : start + ACROSS])
        for start in range(0, len(studies), ACROSS)
    ]


def _row(name: str, studies: list[Study]) -> Markup:
    titles = "; ".join(study.title for study in studies)
    told = ". ".join(f"{study.title}: {_told(study)}" for study in studies)
    drawing = Drawing(name, f"Event study: {titles}", told, WIDTH, HEIGHT)
    width = (WIDTH - GAP * (ACROSS - 1)) / ACROSS
    for index, study in enumerate(studies):
        _study(drawing, study, index * (width + GAP), width)
    return drawing.markup()


def _told(study: Study) -> str:
    if not study.points:
        return "; ".join(study.remarks) or "no estimate"
    return ", ".join(f"year {point.time:+d} {point.value:.3g}" for point in study.points)


def _study(drawing: Drawing, study: Study, left: float, width: float) -> None:
    drawing.text(left, 10, fit(study.title, width, 9.5), 9.5, bold=True)
    drawing.text(left, 21, fit(study.unit, width, 8), 8, fill=SOFT)
    for index, remark in enumerate(study.remarks[:2]):
        drawing.text(left, 146 + 9 * index, fit(remark, width + 6, 7.5), 7.5, fill=SOFT)
    every = study.points + study.others
    if not every:
        drawing.box(left, 28, width, 92, stroke=RULE)
        drawing.text(left + width / 2, 78, "not estimable", 8.5, "middle", SOFT)
        return
    times = [point.time for point in every]
    frame = _Frame(left + 30, 28, width - 30, 92, (min(times), max(times)), _limit(every))
    _grid(drawing, frame)
    for point in study.others:
        _point(drawing, frame, point, 0.2, FAINT, 1.8)
    for point in study.points:
        _point(drawing, frame, point, 0, BLUE, 2.8)


def _limit(points: tuple[Point, ...]) -> float:
    ends = [abs(end) for point in points for end in (point.low, point.high, point.value) if end is not None]
    largest = max(abs(point.value) for point in points)
    return max(min(max(ends) * 1.05, 4 * largest), 1e-6) if largest else max(*ends, 1e-6)


def _grid(drawing: Drawing, frame: _Frame) -> None:
    marks = ticks(-frame.limit, frame.limit, 4)
    for tick in marks:
        y = frame.y(tick)
        drawing.line(frame.left, y, frame.left + frame.width, y, SOFT if tick == 0 else RULE, 0.8)
        drawing.text(frame.left - 4, y + 3, label(tick, marks), 7.5, "end", SOFT)
    first, last = frame.times
    for time in range(first, last + 1):
        drawing.text(
            frame.x(time), frame.top + frame.height + 11, f"{time:+d}".replace("-", MINUS), 7.5, "middle", SOFT
        )
    if first < 0 <= last:
        launch = frame.x(-0.5)
        drawing.line(launch, frame.top, launch, frame.top + frame.height, SOFT, 0.8, "3 2")


def _point(drawing: Drawing, frame: _Frame, point: Point, shift: float, colour: str, radius: float) -> None:
    x, y = frame.x(point.time + shift), frame.y(point.value)
    if point.low is not None and point.high is not None:
        drawing.line(x, frame.y(point.low), x, frame.y(point.high), colour, 1.1)
    drawing.dot(x, y, radius, "#ffffff" if point.is_before else colour, colour)
