"""A drawing: a few shapes with real text, in one form, for screens and for paper."""

import math
from collections.abc import Iterable

from markupsafe import Markup

INK, SOFT, FAINT, RULE = "#1d2733", "#5b6773", "#98a3ad", "#dfe4e8"
BLUE, ORANGE, GREEN = "#0b5c94", "#b8560b", "#20734f"
"""Told apart by people who are colour-blind; where it matters form and fill tell apart as well, for grey."""
SANS = "Arial, Helvetica, 'Liberation Sans', sans-serif"
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
WIDTH = 680
AVERAGE_LETTER = 0.53
"""Of the size of the type; the fonts of SANS have the same widths."""


class Drawing:
    """Shapes in the order they were drawn. `name` is unique on a page; screen readers read title and description."""

    def __init__(self, name: str, title: str, description: str, width: float, height: float) -> None:
        self.name = name
        self._size = (width, height)
        self._words = (title, description)
        self._shapes: list[Markup] = []

    def text(
        self,
        x: float,
        y: float,
        words: object,
        size: float = 10,
        anchor: str = "start",
        fill: str = INK,
        bold: bool = False,
    ) -> None:
        """Words with their baseline at y."""
        weight = Markup(' font-weight="700"') if bold else ""
        self._shapes.append(
            Markup('<text x="{}" y="{}" font-size="{}" text-anchor="{}" fill="{}"{}>{}</text>').format(
                number(x), number(y), number(size), anchor, fill, weight, str(words)
            )
        )

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str = INK, width: float = 1, dash: str = ""
    ) -> None:
        """A straight line, dashed where `dash` is given."""
        broken = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
        self._shapes.append(
            Markup('<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"{}/>').format(
                number(x1), number(y1), number(x2), number(y2), colour, number(width), broken
            )
        )

    def box(
        self, x: float, y: float, width: float, height: float, fill: str = "none", stroke: str = "none", dash: str = ""
    ) -> None:
        """A rectangle."""
        broken = Markup(' stroke-dasharray="{}"').format(dash) if dash else ""
        self._shapes.append(
            Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"{}/>').format(
                number(x), number(y), number(width), number(height), fill, stroke, broken
            )
        )

    def dot(self, x: float, y: float, radius: float, fill: str = INK, stroke: str = "none") -> None:
        """A circle."""
        self._shapes.append(
            Markup('<circle cx="{}" cy="{}" r="{}" fill="{}" stroke="{}" stroke-width="1.2"/>').format(
                number(x), number(y), number(radius), fill, stroke
            )
        )

    def path(self, points: Iterable[tuple[float, float]], fill: str = "none", stroke: str = "none") -> None:
        """A line through points, closed where it is filled."""
        spelt = " L".join(f"{number(x)} {number(y)}" for x, y in points)
        closed = " Z" if fill != "none" else ""
        self._shapes.append(
            Markup('<path d="M{}{}" fill="{}" stroke="{}" stroke-width="1.2"/>').format(spelt, closed, fill, stroke)
        )

    def hatch(self, x: float, y: float, width: float, height: float, colour: str = SOFT, step: float = 4) -> None:
        """Diagonal lines within a rectangle, drawn one by one: patterns print badly."""
        offset = step
        while offset < width + height:
            x1, y1 = (x + offset, y) if offset <= width else (x + width, y + offset - width)
            x2, y2 = (x, y + offset) if offset <= height else (x + offset - height, y + height)
            self.line(x1, y1, x2, y2, colour, 0.7)
            offset += step

    def markup(self) -> Markup:
        """The drawing as an element of a page."""
        title, description = self._words
        width, height = (number(side) for side in self._size)
        return Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" '
            'aria-labelledby="{2}-title {2}-desc" font-family="{3}">'
            '<title id="{2}-title">{4}</title><desc id="{2}-desc">{5}</desc>\n{6}\n</svg>'
        ).format(width, height, self.name, SANS, title, description, Markup("\n").join(self._shapes))


def number(value: float) -> str:
    """Tenths, without what says nothing."""
    return f"{value:.1f}".removesuffix(".0") if abs(value) >= 0.05 else "0"


def fit(words: str, width: float, size: float = 10) -> str:
    """The words, cut where they are wider than `width`."""
    letters = int(width / (AVERAGE_LETTER * size))
    return words if len(words) <= letters else words[: max(letters - 1, 1)].rstrip() + "…"


def wrap(words: str, width: float, size: float = 10) -> list[str]:
    """The words in lines that are no wider than `width`."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(f"{lines[-1]} {word}") * AVERAGE_LETTER * size <= width:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return [fit(line, width, size) for line in lines]


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from low to high, around `about` of them, both ends covered by the axis."""
    span = (high - low) / about
    if not span > 0:
        return [low]
    unit = 10 ** math.floor(math.log10(span))
    step = next(unit * factor for factor in (1, 2, 2.5, 5, 10) if unit * factor >= span * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def label(value: float, all_of: list[float]) -> str:
    """A tick's text, with as many decimals as its axis needs."""
    for decimals in range(5):
        if all(abs(round(tick, decimals) - tick) < 1e-9 for tick in all_of):
            return f"{value:.{decimals}f}".replace("-", MINUS)
    return f"{value:.3g}".replace("-", MINUS)
