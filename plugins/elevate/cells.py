"""How the text of a cell becomes a value, as SQL.

Casts alone would let in what no district means: `'today'::date` reads the wall
clock, `'NaN'::numeric` is a number. So each type has the form it must have.
"""

from psycopg import sql

from elevate.contracts import Column
from elevate.settings import TIME_ZONE

# Regular expressions that PostgreSQL and Python read alike; they are to match the whole of a cell.
# The contract's date formats (Unicode LDML), as a pattern and its ISO rearrangement.
DATE_FORMATS = {
    "yyyy-MM-dd": (r"\d{4}-\d{2}-\d{2}", None),
    "MM/dd/yyyy": (r"\d{1,2}/\d{1,2}/\d{4}", r"\3-\1-\2"),
}
# Commas where they separate thousands and nowhere else: 0,500 is somebody's half.
WHOLE = r"(?:\d+|[1-9]\d{0,2}(?:,\d{3})+)"
# With a zone a date and time is a moment, and is kept as the district's clock showed it.
ZONE = r"(?:Z|[-+]\d{2}:\d{2})"
FORMS = {
    "integer": rf"[-+]?{WHOLE}",
    "bigint": rf"[-+]?{WHOLE}",
    "smallint": rf"[-+]?{WHOLE}",
    "numeric": rf"[-+]?(?:{WHOLE}(?:\.\d*|)|\.\d+)",
    "boolean": "|".join(
        "".join(f"[{letter.upper()}{letter}]" for letter in word) for word in "true false yes no y n t f 1 0".split()
    ),
    "timestamp": r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?" rf"{ZONE}?",
}
NUMBERS = {"integer", "bigint", "smallint", "numeric"}
READ_AS = {"timestamp": "timestamptz"}
"""What a cell of a type must be to PostgreSQL, where that is another type: `timestamp` overlooks a zone."""
EXPECTED = {
    "date": "a date",
    "boolean": "true/false or yes/no",
    "timestamp": "an ISO date and time",
    "numeric": "a number",
}


def cleaned(cell: sql.Composable, column: Column) -> sql.Composable:
    """The cell's text in the contract's words, null where it spells "missing". A blank cell may have a word too."""
    text: sql.Composable = sql.SQL("nullif({}, '')").format(cell)
    if column.type != "text":
        text = sql.SQL("nullif(btrim({}), '')").format(cell)
    if column.mapping:
        words = [
            sql.SQL("when {} then {}").format(sql.Literal(sent), sql.Literal(word)) for sent, word in column.mapping
        ]
        text = sql.SQL("case coalesce(btrim({}), '') {} else {} end").format(cell, sql.SQL(" ").join(words), text)
    if column.missing_values:
        text = sql.SQL("case when {} = any({}) then null else {} end").format(
            sql.SQL("btrim({})").format(cell), sql.Literal(list(column.missing_values)), text
        )
    return text


def form(column: Column) -> str | None:
    """The regular expression that the whole of a cell must match, spaces around it aside; None for text."""
    if column.type == "text":
        return None
    return DATE_FORMATS[column.date_format or "yyyy-MM-dd"][0] if column.type == "date" else FORMS[column.type]


def plain_form(column: Column) -> str | None:
    """The same without thousands separators and zones: what matches is a value as it stands, if it is one at all."""
    pattern = form(column)
    return pattern and pattern.replace(WHOLE, r"\d+").removesuffix(f"{ZONE}?")


def malformed(cell: sql.Composable, column: Column) -> sql.Composable | None:
    """A predicate that is true where the cell is no value of the column's type; None for text."""
    pattern = form(column)
    if pattern is None:
        return None
    text = cleaned(cell, column)
    return sql.SQL("({} !~ {} or not pg_input_is_valid({}, {}))").format(
        text,
        sql.Literal(f"^(?:{pattern})$"),
        _rearranged(text, column),
        sql.Literal(READ_AS.get(column.type, column.type)),
    )


def value(cell: sql.Composable, column: Column) -> sql.Composable:
    """The cell as a value of the column's type. Fails in the database where it is malformed."""
    text = cleaned(cell, column)
    if column.type == "text":
        return text
    if column.type == "timestamp":
        return sql.SQL("case when {} ~ {} then {}::timestamptz at time zone {} else {}::timestamp end").format(
            text, sql.Literal(f"{ZONE}$"), text, sql.Literal(TIME_ZONE), text
        )
    return sql.SQL("({})::{}").format(_rearranged(text, column), sql.SQL(column.type))


def expected(column: Column) -> str:
    """What the cell should have held, for the person who reads the rejection."""
    if column.type == "date":
        return f"a date as {column.date_format or 'yyyy-MM-dd'}"
    return EXPECTED.get(column.type, "a whole number")


def _rearranged(text: sql.Composable, column: Column) -> sql.Composable:
    if column.type in NUMBERS:
        return sql.SQL("replace({}, ',', '')").format(text)
    if column.type != "date":
        return text
    _, replacement = DATE_FORMATS[column.date_format or "yyyy-MM-dd"]
    if replacement is None:
        return text
    return sql.SQL("regexp_replace({}, '^(.*)/(.*)/(.*)$', {})").format(text, sql.Literal(replacement))
