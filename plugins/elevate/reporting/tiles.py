"""Tiles: fidelity by school and term, and reach towards the schools that the district means."""

from dataclasses import dataclass

from markupsafe import Markup

from elevate.reporting.svg import FAINT, INK, RULE, SOFT, WIDTH, Drawing, fit

SHADES = ("#eef3f7", "#d3e2ee", "#aecae0", "#7faacd", "#4a85b3", "#1f5f93", "#0a3d66")
"""From nothing to all of the plan, also in grey."""
TILE, LINE, COLUMNS = 27, 14, 2
STAGES = (
    ("implementing", SHADES[6]), ("piloting", SHADES[4]), ("planning", SHADES[2]), ("no longer active", "hatch"),
    ("still to reach", "none"),
)  # fmt: skip


@dataclass(frozen=True)
class Tile:
    """A school's share of the plan in a term, from 0 to 1; None where nothing is known."""

    share: float | None
    is_uncertain: bool
    is_over: bool


@dataclass(frozen=True)
class School:
    """A row of tiles, by term; `name` is a heading where there are no tiles."""

    name: str
    tiles: dict[str, Tile]


def fidelity(name: str, terms: list[str], schools: list[School]) -> Markup:
    """Two columns of schools, each with a tile a term."""
    half = -(-len(schools) // COLUMNS)
    height = 26 + LINE * half + 34
    title = f"Share of the plan delivered, {len([s for s in schools if s.tiles])} schools by term"
    told = "; ".join(f"{s.name}: {_told(s, terms)}" for s in schools if s.tiles)
    drawing = Drawing(name, title, told, WIDTH, height)
    wide = (WIDTH - 20) / COLUMNS
    for column in range(COLUMNS):
        left, part = column * (wide + 20), schools[column * half : (column + 1) * half]
        size = min(TILE, (wide - 90) / max(len(terms), 1))
        first = left + wide - size * len(terms)
        for index, term in enumerate(terms):
            drawing.text(first + size * (index + 0.5), 10, term[:5], 7, "middle", SOFT)
            drawing.text(first + size * (index + 0.5), 19, term[6:], 7, "middle", SOFT)
        for row, school in enumerate(part):
            y = 24 + LINE * row
            drawing.text(left, y + 9.5, fit(school.name, first - left - 6, 8.5), 8.5, bold=not school.tiles)
            for index, term in enumerate(terms):
                if term in school.tiles:
                    _tile(drawing, school.tiles[term], first + size * index, y, size - 1.5, LINE - 2)
    _shades(drawing, height - 24)
    return drawing.markup()


def _told(school: School, terms: list[str]) -> str:
    known = [(term, school.tiles[term].share) for term in terms if term in school.tiles]
    return ", ".join(f"{term} {'unknown' if share is None else f'{share:.0%}'}" for term, share in known)


def _tile(drawing: Drawing, tile: Tile, x: float, y: float, width: float, height: float) -> None:
    if not tile.is_over:
        drawing.box(x, y, width, height, stroke=FAINT, dash="2 2")
        drawing.text(x + width / 2, y + height - 3, "runs", 7, "middle", SOFT)
        return
    if tile.share is None:
        drawing.box(x, y, width, height, stroke=FAINT)
        drawing.hatch(x, y, width, height)
        return
    shade = round(tile.share * (len(SHADES) - 1))
    drawing.box(x, y, width, height, SHADES[shade])
    if tile.is_uncertain:
        drawing.hatch(x, y, 8, height, "#ffffff" if shade > 3 else SOFT, 3)
    drawing.text(
        x + width / 2 + (4 if tile.is_uncertain else 0), y + height - 3, f"{tile.share:.0%}".rstrip("%"), 7.5, "middle",
        "#ffffff" if shade > 3 else INK,
    )  # fmt: skip


def _shades(drawing: Drawing, y: float) -> None:
    drawing.text(0, y + 9, "percent of what was due and is known", 8, fill=SOFT)
    for index, shade in enumerate(SHADES):
        drawing.box(160 + 18 * index, y, 17, 11, shade)
    drawing.text(160, y + 20, "0", 7, fill=SOFT)
    drawing.text(160 + 18 * len(SHADES), y + 20, "100", 7, "end", SOFT)
    drawing.box(312, y, 24, 11, SHADES[2])
    drawing.hatch(312, y, 8, 11, SOFT, 3)
    drawing.text(341, y + 9, "over 10 points unknown", 8, fill=SOFT)
    drawing.box(446, y, 24, 11, stroke=FAINT)
    drawing.hatch(446, y, 24, 11)
    drawing.text(475, y + 9, "unknown", 8, fill=SOFT)
    drawing.box(526, y, 24, 11, stroke=FAINT, dash="2 2")
    drawing.text(555, y + 9, "term not over; blank: none due", 8, fill=SOFT)


@dataclass(frozen=True)
class Reach:
    """Schools by stage at the end of a school year, in the order of STAGES."""

    year: str
    schools: tuple[int, int, int, int]
    target: int


def reach(years: list[Reach]) -> Markup:
    """A field of tiles for each school year, as many as the target."""
    told = "; ".join(f"{y.year}: {sum(y.schools)} of {y.target} schools reached" for y in years)
    across = 10
    gap = 14
    wide = min(120.0, (WIDTH - gap * (len(years) - 1)) / max(len(years), 1))
    size = wide / across
    deep = -(-max((year.target for year in years), default=0) // across)
    drawing = Drawing("reach", "Schools reached, towards the target", told, WIDTH, 34 + size * deep + 28)
    for index, year in enumerate(years):
        left = index * (wide + gap)
        drawing.text(left, 11, year.year, 10, bold=True)
        drawing.text(left, 24, f"{sum(year.schools)} of {year.target}", 9, fill=SOFT)
        kinds = [kind for kind, count in zip(STAGES, year.schools, strict=False) for _ in range(count)]
        for tile in range(max(year.target, len(kinds))):
            look = kinds[tile][1] if tile < len(kinds) else "none"
            _square(drawing, left + size * (tile % across), 32 + size * (tile // across), size - 1.5, look)
    x = 0.0
    for words, look in STAGES:
        _square(drawing, x, 34 + size * deep + 10, 9, look)
        drawing.text(x + 14, 34 + size * deep + 18, words, 8.5, fill=SOFT)
        x += 30 + len(words) * 4.8
    return drawing.markup()


def _square(drawing: Drawing, x: float, y: float, size: float, look: str) -> None:
    if look in ("none", "hatch"):
        drawing.box(x, y, size, size, stroke=RULE if look == "none" else FAINT)
        if look == "hatch":
            drawing.hatch(x, y, size, size, SOFT, 3)
    else:
        drawing.box(x, y, size, size, look)
