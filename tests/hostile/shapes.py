"""Files whose form is not the contract's: header, delimiters, quotes, lines that are no rows."""

import csv
from datetime import date

from tests.hostile.mutations import CANARY, Content, Corpus, Good

CORPUS = Corpus()


@CORPUS.equal("sis.students", "sis.attendance")
def other_row_order(good: Good) -> Content:
    """The rows in another order."""
    return good.write(good.rows[::-1])


@CORPUS.equal("sis.students", "assessment.map_results")
def reordered_columns(good: Good) -> Content:
    """The columns in another order."""
    return good.write([row[::-1] for row in good.rows], good.header[::-1])


@CORPUS.equal("sis.students")
def new_column(good: Good) -> Content:
    """A column that no contract names."""
    return good.write([[*row, CANARY] for row in good.rows], [*good.header, "HomeRoom"])


@CORPUS.red("sis.enrollments", "exits_stay")
def optional_columns_lost(good: Good) -> Content:
    """The columns of exits lost, which are empty for most of a year's pupils."""
    kept = [place for place, name in enumerate(good.header) if not name.startswith("Exit")]
    return good.write([[row[place] for place in kept] for row in good.rows], [good.header[place] for place in kept])


@CORPUS.red("sis.enrollments", "enrollments.csv has no 'ExitDate' (feeds/sis/enrollments.yaml line ", "'DateOfExit'")
def optional_column_renamed(good: Good) -> Content:
    """The column of exit dates, which need not be there, under another name."""
    return good.content.replace(b"ExitDate", b"DateOfExit", 1)


@CORPUS.red("sis.students", "students.csv line 2, column BirthDate", "retyped at the source?")
def column_retyped(good: Good) -> Content:
    """Every birth date as the number of days that spreadsheets keep."""
    return good.each_cell("BirthDate", lambda cell: str((date.fromisoformat(cell) - date(1899, 12, 30)).days))


@CORPUS.red(
    "sis.students",
    "students.csv",
    "line 1",
    "'BirthDate' is missing (feeds/sis/students.yaml line ",
    "Renamed to 'DateOfBirth'?",
)
def column_renamed(good: Good) -> Content:
    """A required column under another name."""
    return good.content.replace(b"BirthDate", b"DateOfBirth", 1)


@CORPUS.red("sis.students", "students.csv", "line 1", "'Gender' is missing (feeds/sis/students.yaml line ")
def column_lost(good: Good) -> Content:
    """A required column that is not in the file."""
    place = good.place("Gender")
    return good.write(
        [[*row[:place], *row[place + 1 :]] for row in good.rows], [h for h in good.header if h != "Gender"]
    )


@CORPUS.red("sis.students", "students.csv", "line 1", "stands twice")
def column_twice(good: Good) -> Content:
    """Two columns of one name."""
    return good.write([[*row, row[1]] for row in good.rows], [*good.header, "firstname"])


@CORPUS.red("sis.students", "students.csv", "line 1", "1606 columns, at most 1500")
def too_many_columns(good: Good) -> Content:
    """Sixteen hundred columns more than the contract names."""
    more = [f"Extra{n}" for n in range(1600)]
    return good.write([[*row, *more] for row in good.rows], [*good.header, *more])


@CORPUS.red("sis.students", "students.csv", "line 6", "wider than can be loaded")
def too_wide_a_row(good: Good) -> Content:
    """Fourteen hundred columns more, with ten letters in each cell."""
    more = [f"Extra{n}" for n in range(1400)]
    return good.write([[*row, *([CANARY] * 1400)] for row in good.rows], [*good.header, *more])


@CORPUS.equal("sis.students")
def header_in_other_case(good: Good) -> Content:
    """The header in capitals."""
    return good.write(good.rows, [name.upper() for name in good.header])


@CORPUS.equal("sis.students")
def header_with_spaces(good: Good) -> Content:
    """Spaces around the names in the header."""
    return good.write(good.rows, [f" {name} " for name in good.header])


@CORPUS.red("sis.students", "nobody_vanishes")
def header_only(good: Good) -> Content:
    """A header and no row."""
    return good.write([])


@CORPUS.red("sis.students", "students.csv", "line 2")
def header_twice(good: Good) -> Content:
    """The header stands twice, as in files put together of two."""
    return good.write([good.header, *good.rows])


@CORPUS.red("sis.students", "students.csv", "line 400")
def header_again_in_the_middle(good: Good) -> Content:
    """The header stands again between the rows."""
    return good.write([*good.rows[:398], good.header, *good.rows[398:]])


@CORPUS.red("sis.students", "students.csv", "line 1", "none of the contract's columns")
def no_header(good: Good) -> Content:
    """Rows from the first line on."""
    return good.write(good.rows[1:], good.rows[0])


@CORPUS.red("sis.students", "students.csv", "line 1", "none of the contract's columns")
def a_title_before_the_header(good: Good) -> Content:
    """A report's title above the header."""
    return b"Student roster of the district\n" + good.content


@CORPUS.red("sis.students", "students.csv", "line 1", "none of the contract's columns")
def comments_before_the_header(good: Good) -> Content:
    """Comments above the header."""
    return b"# exported by SIS 9.1\n# " + CANARY.encode() + b"\n" + good.content


@CORPUS.red("sis.students", "students.csv", "line 892")
def a_totals_line(good: Good) -> Content:
    """A line of totals below the last row."""
    return good.content + b"Total,890,,,,\n"


@CORPUS.red("sis.students", "students.csv", "line 892")
def a_footer(good: Good) -> Content:
    """A line below the last row that says who exported."""
    return good.content + f"Exported by {CANARY}\n".encode()


@CORPUS.red("sis.students", "students.csv", "line 3")
def a_blank_line(good: Good) -> Content:
    """A line without anything between two rows."""
    lines = good.lines
    return "\n".join([*lines[:2], "", *lines[2:], ""]).encode()


@CORPUS.red("sis.students", "students.csv", "line 892")
def blank_lines_at_the_end(good: Good) -> Content:
    """Two lines without anything below the last row."""
    return good.content + b"\n\n"


@CORPUS.red("sis.students", "students.csv", "line 1", "students.csv")
def a_blank_first_line(good: Good) -> Content:
    """A line without anything above the header."""
    return b"\n" + good.content


@CORPUS.red("sis.students", "students.csv", "line 2", "number of columns")
def trailing_delimiters(good: Good) -> Content:
    """Each row ends with a delimiter more than the header has."""
    return "\n".join([good.lines[0], *(f"{line}," for line in good.lines[1:]), ""]).encode()


@CORPUS.equal("sis.students")
def trailing_delimiters_everywhere(good: Good) -> Content:
    """Header and rows end with a delimiter: a column without name and content."""
    return "\n".join([*(f"{line}," for line in good.lines), ""]).encode()


@CORPUS.red("sis.students", "students.csv", "line 1", "none of the contract's columns", "','")
def wrong_delimiter(good: Good) -> Content:
    """Semicolons between the cells, as spreadsheets write them in many countries."""
    return good.write(good.rows, delimiter=";")


@CORPUS.red("sis.students", "students.csv", "line 1", "none of the contract's columns")
def tabs(good: Good) -> Content:
    """Tabs between the cells."""
    return good.write(good.rows, delimiter="\t")


@CORPUS.equal("sis.students", "sis.attendance")
def quotes_around_everything(good: Good) -> Content:
    """Every cell in quotes."""
    return good.write(good.rows, quoting=csv.QUOTE_ALL)


@CORPUS.red("sis.students", "students.csv")
def single_quotes(good: Good) -> Content:
    """Cells in single quotes, which are part of the text."""
    return good.write([[f"'{cell}'" for cell in row] for row in good.rows])


@CORPUS.red("sis.students", "students.csv, line 11: a quote opens here")
def unbalanced_quote(good: Good) -> Content:
    """A quote that opens within a row and never closes."""
    lines = good.lines
    return "\n".join([*lines[:10], lines[10].replace(",", ',"', 1), *lines[11:], ""]).encode()


@CORPUS.red("sis.students", "students.csv, line 11: a quote stands here in column 'FirstName'")
def two_unbalanced_quotes(good: Good) -> Content:
    """Two quotes some lines from each other: the rows between them become one cell."""
    lines = good.lines
    for at in (10, 13):
        lines[at] = lines[at].replace(",", ',"', 1)
    return "\n".join([*lines, ""]).encode()


@CORPUS.red("sis.students", "students.csv, line 5: a quote stands here in column 'FirstName'")
def backslash_before_a_quote(good: Good) -> Content:
    """A quote within quotes after a backslash, as some databases export it."""
    lines = good.lines
    cells = lines[4].split(",")
    return "\n".join([*lines[:4], ",".join([cells[0], '"Ann \\"Zq\\""', *cells[2:]]), *lines[5:], ""]).encode()


@CORPUS.red("sis.students", "students.csv", "line 5")
def shifted_columns(good: Good) -> Content:
    """One row whose cells stand one column to the right, the last one dropped."""
    rows = good.rows
    rows[3] = ["", *rows[3][:-1]]
    return good.write(rows)


@CORPUS.red("sis.students", "students.csv", "line 2")
def all_columns_shifted(good: Good) -> Content:
    """Every row's cells one column to the right of their names."""
    return good.write([[row[-1], *row[:-1]] for row in good.rows])


@CORPUS.red("sis.students", "students.csv", "line 5", "number of columns")
def a_delimiter_within_a_name(good: Good) -> Content:
    """A comma within a name without quotes."""
    lines = good.lines
    cells = lines[4].split(",")
    return "\n".join([*lines[:4], ",".join([*cells[:2], f"{cells[2]}, Jr.", *cells[3:]]), *lines[5:], ""]).encode()


@CORPUS.red("sis.students", "students.csv", "line 1")
def all_on_one_line(good: Good) -> Content:
    """The line ends were lost."""
    return good.content.replace(b"\n", b"")


@CORPUS.red("sis.students", "column BirthDate", "line 2")
def all_null_column(good: Good) -> Content:
    """A required column without a single value."""
    return good.each_cell("BirthDate", lambda _: "")


@CORPUS.red("sis.students", "students.csv")
def copy_terminator(good: Good) -> Content:
    """The line that ends a copy into PostgreSQL, between two rows."""
    lines = good.lines
    return "\n".join([*lines[:300], "\\.", *lines[300:], ""]).encode()
