"""How numbers, years and names are said on the page."""

import re
from string import ascii_lowercase
from typing import Any

from elevate.reporting.svg import DASH, MINUS

NOTHING = DASH
NO_BREAK = "\N{NO-BREAK SPACE}"
PROGRAMME_METHODS = {"callaway_santanna": "Callaway and Sant'Anna", "sun_abraham": "Sun and Abraham"}
SUBGROUPS = {
    "grade_band": "Grade band",
    "gender": "Gender",
    "race_ethnicity": "Race and ethnicity",
    "low_income": "Low income",
    "english_learner": "English learner",
    "special_education": "Special education",
    "school_category": "Kind of school",
}
SPELT = {"did": "difference in differences", "doi": "DOI", "sd": "SD", "usd": "(USD)"}
FEW_SCHOOLS = 5
"""So few treated schools are warned of beside an interval."""
CATEGORIES = {"ES": "elementary", "MS": "middle", "HS": "high school"}


def figure(value: Any, decimals: int = 2) -> str:
    """A number with a true minus, a count with its thousands, a text as it is; a dash where there is none."""
    if value is None:
        return NOTHING
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}".replace("-", MINUS)
    rounded = f"{value:,.{decimals}f}"
    return rounded.removeprefix("-") if float(rounded.replace(",", "")) == 0 else rounded.replace("-", MINUS)


def probability(value: Any) -> str:
    """A p-value as reviewers write it."""
    if value is None:
        return NOTHING
    return "<.001" if value < 0.001 else f"{value:.3f}".removeprefix("0")


def interval(low: Any, high: Any, decimals: int = 2) -> str:
    """From low to high."""
    return (
        NOTHING
        if low is None or high is None
        else f"{figure(low, decimals)} to {figure(high, decimals)}".replace(" ", NO_BREAK)
    )


def estimated(value: Any, low: Any, high: Any, decimals: int = 2) -> str:
    """A value with its interval in brackets."""
    return NOTHING if value is None else f"{figure(value, decimals)} [{interval(low, high, decimals)}]"


def listed(names: list[str]) -> str:
    """Names as a sentence lists them."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def follow_up(value: str) -> str:
    """School years since that of the launch."""
    return {"0": "launch year", "1": "1 year on", "all": "all years"}.get(value, f"{value} years on").replace(
        " ", NO_BREAK
    )


def school_year(ending: int) -> str:
    """As in SY18-19."""
    return f"SY{(ending - 1) % 100:02d}-{ending % 100:02d}"


def plain(name: str) -> str:
    """The name of a column, as words."""
    words = " ".join(SPELT.get(word, word) for word in name.removeprefix("is_").split("_"))
    return words[0].upper() + words[1:]


def letter(index: int) -> str:
    """The sign of a note: a to z, then aa and so on."""
    rest = index // len(ascii_lowercase)
    return (letter(rest - 1) if rest else "") + ascii_lowercase[index % len(ascii_lowercase)]


def lettered(notes: list[str]) -> list[tuple[str, str]]:
    """Notes with their signs."""
    return [(letter(index), note) for index, note in enumerate(notes)]


def paragraphs(description: str) -> tuple[str, list[str]]:
    """Overview and business rules of a table's description, without its marks."""
    parts = dict(re.findall(r"\*\*(\w[\w ]*)\*\*\s*(.*?)(?=\n\s*\*\*\w|\Z)", description, flags=re.DOTALL))
    rules = re.split(r"^\s*- ", parts.get("Business rules", ""), flags=re.MULTILINE)
    return _line(parts.get("Overview", description)), [_line(rule) for rule in rules if rule.strip()]


def _line(words: str) -> str:
    return " ".join(words.replace("`", "").replace("**", "").split())
