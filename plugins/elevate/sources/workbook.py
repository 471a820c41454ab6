"""Spreadsheet workbooks of one row a school, melted into one row a value.

The district publishes its School Quality Rating Policy (SQRP) results as
workbooks made for reading: several header rows with merged cells, a sheet for
each kind of school, and an order and a width that change every year. Here a
sheet is found by its `School ID` cell and each of its columns by the path of
labels above it, so that neither position nor width matters.
"""

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import xlrd

HEADERS = ("sheet", "row_number", "school_id", "school_name", "indicator", "occurrence", "value")
PATH_SEPARATOR = " > "
HEADER_SEARCH_ROWS = 30
LARGEST_BYTES = 200 * 1024**2
"""Of an .xlsx, unpacked; what people make to be read is far smaller."""
OLE_MAGIC, ZIP_MAGIC = b"\xd0\xcf\x11\xe0", b"PK\x03\x04"


class WorkbookError(ValueError):
    """A workbook that can't be melted; the message names file and sheet and says what to do."""


@dataclass(frozen=True)
class Sheet:
    """One sheet as text. `merged` maps each cell inside a merged range to the range's first cell."""

    name: str
    cells: list[list[str]]
    merged: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Columns of the widest row."""
        return max(map(len, self.cells), default=0)

    def text(self, row: int, column: int) -> str:
        """What stands in one cell, blank beyond the sheet's edge."""
        line = self.cells[row] if row < len(self.cells) else []
        return line[column] if column < len(line) else ""


def melt_workbook(path: Path, out_csv: Path) -> int:
    """Write every filled cell of every table in `path` as a row of `out_csv`; return the rows.

    Reads .xls and .xlsx, by content and not by name. The CSV is UTF-8 with the
    columns of `HEADERS`: `row_number` counts from 1 as the spreadsheet program
    does; `indicator` is the path of the column's labels from group to measure,
    joined by " > " (a title above the school numbers is not part of it);
    `occurrence` counts, from 1, the columns of a sheet with the same path.
    Blank cells give no row, nor do rows with nothing beside the school number
    (footnotes). A row with values but no usable school number is written as it
    stands, for the gate to refuse. Sheets whose text is all in one column are
    covers and are left out.

    Raises WorkbookError for a file that is no workbook, for a sheet with a
    table but no `School ID` header or no school, and for values without label.
    """
    sheets = _read(path)
    rows = [row for sheet in sheets if not _is_cover(sheet) for row in _melt(path.name, sheet)]
    if not rows:
        raise WorkbookError(f"{path.name}: no sheet holds a table. Ask the publisher for the full workbook.")
    with out_csv.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADERS)
        writer.writerows(rows)
    return len(rows)


def _melt(file: str, sheet: Sheet) -> list[tuple[str | int, ...]]:
    where = f"{file}, sheet {sheet.name!r}"
    header, id_column = _find_header(where, sheet)
    first = _first_data_row(sheet, header, id_column)
    paths = _label_paths(where, sheet, header, first, id_column)
    names = [column for column, parts in paths.items() if _key(parts[-1]) == "schoolname"][:1]
    indicators = _numbered({c: PATH_SEPARATOR.join(parts) for c, parts in paths.items() if c not in names})
    rows: list[tuple[str | int, ...]] = [
        (sheet.name, row + 1, sheet.text(row, id_column), name, indicator, occurrence, value)
        for row in range(first, len(sheet.cells))
        for name in ["".join(sheet.text(row, column) for column in names)]
        for column, (indicator, occurrence) in indicators.items()
        if (value := sheet.text(row, column))
    ]
    if not rows:
        raise WorkbookError(f"{where}: a School ID header but no school below it; the file may be cut short.")
    return rows


def _numbered(labels: dict[int, str]) -> dict[int, tuple[str, int]]:
    """Column to its label and the count of columns up to it that have the same one."""
    seen: Counter[str] = Counter()
    numbered = {}
    for column, label in labels.items():
        seen[label] += 1
        numbered[column] = (label, seen[label])
    return numbered


def _find_header(where: str, sheet: Sheet) -> tuple[int, int]:
    for row in range(min(HEADER_SEARCH_ROWS, len(sheet.cells))):
        for column, text in enumerate(sheet.cells[row]):
            if _key(text) == "schoolid":
                return row, column
    raise WorkbookError(
        f"{where}: no cell reads 'School ID' in the first {HEADER_SEARCH_ROWS} rows, though the sheet "
        "has a table. Compare it with an earlier year's workbook."
    )


def _first_data_row(sheet: Sheet, header: int, id_column: int) -> int:
    """The row after the header block: below the merged School ID cell, else below blank ones."""
    row = header + 1
    block = sheet.merged.get((header, id_column))
    while block and sheet.merged.get((row, id_column)) == block:
        row += 1
    if row > header + 1:
        return row
    while row < len(sheet.cells) and not sheet.text(row, id_column):
        row += 1
    return row


def _label_paths(where: str, sheet: Sheet, header: int, first: int, id_column: int) -> dict[int, list[str]]:
    """Column to its labels, top to bottom; columns without values and the school numbers left out."""
    titles = {sheet.merged.get((row, id_column)) for row in range(header)}
    paths: dict[int, list[str]] = {}
    carried = ""
    for column in range(sheet.width):
        # A merged label is reached from each of its cells and counts once.
        anchors = {sheet.merged.get((row, column), (row, column)) for row in range(first)} - titles
        labels = {row: text for row, left in anchors if (text := sheet.text(row, left))}
        carried = labels.get(header, carried)
        if any(sheet.text(row, column) for row in range(header + 1, first)):
            # A label that spans several measures, in a sheet whose cells were not merged.
            labels.setdefault(header, carried)
        if column == id_column or not any(sheet.text(row, column) for row in range(first, len(sheet.cells))):
            continue
        paths[column] = [labels[row] for row in sorted(labels) if labels[row]]
        if not paths[column]:
            raise WorkbookError(f"{where}: column {column + 1} has values but no label.")
    return paths


def _is_cover(sheet: Sheet) -> bool:
    return len({column for line in sheet.cells for column, text in enumerate(line) if text}) < 2


def _key(text: str) -> str:
    return re.sub(r"[^a-z]", "", text.casefold())


def _read(path: Path) -> list[Sheet]:
    """The sheets of a workbook, hidden ones too. Raises WorkbookError where it is none."""
    content = path.read_bytes()
    start = content[:1024].lstrip(b"\xef\xbb\xbf \r\n\t")
    if start.startswith(b"<"):
        raise WorkbookError(
            f"{path.name}: is HTML or XML named as a workbook, often a portal's error page. "
            "Download it again and open it once to see that it is a spreadsheet."
        )
    if not content.startswith((OLE_MAGIC, ZIP_MAGIC)):
        raise WorkbookError(f"{path.name}: is neither an .xls nor an .xlsx workbook.")
    try:
        if content.startswith(OLE_MAGIC):
            return _read_xls(content)
        _check_size(path, content)
        return _read_xlsx(content)
    except WorkbookError:
        raise
    except Exception as error:  # the readers raise anything at all on a damaged file
        raise WorkbookError(
            f"{path.name}: can't be read as a workbook ({type(error).__name__}); it may be cut short, "
            "damaged or protected by a password. Download it again."
        ) from error


def _read_xls(content: bytes) -> list[Sheet]:
    # formatting_info is what makes xlrd keep merged ranges; its log goes to stdout otherwise.
    book = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
    return [
        Sheet(
            sheet.name,
            [[_xls_text(cell, book.datemode) for cell in sheet.row(row)] for row in range(sheet.nrows)],
            _merged((top, bottom - 1, left, right - 1) for top, bottom, left, right in sheet.merged_cells),
        )
        for sheet in book.sheets()
    ]


def _check_size(path: Path, content: bytes) -> None:
    """A workbook is read into memory as a whole, and an .xlsx is a package that may swell."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        total = sum(info.file_size for info in archive.infolist())
    if total > LARGEST_BYTES:
        raise WorkbookError(f"{path.name}: {len(content)} bytes would unpack to {total}, more than {LARGEST_BYTES}.")


def _read_xlsx(content: bytes) -> list[Sheet]:
    book = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
    return [
        Sheet(
            sheet.title,
            [[_text(value) for value in row] for row in sheet.iter_rows(values_only=True)],
            _merged((r.min_row - 1, r.max_row - 1, r.min_col - 1, r.max_col - 1) for r in sheet.merged_cells.ranges),
        )
        for sheet in book.worksheets
    ]


def _merged(ranges: Iterator[tuple[int, int, int, int]]) -> dict[tuple[int, int], tuple[int, int]]:
    return {
        (row, column): (top, left)
        for top, bottom, left, right in ranges
        for row in range(top, bottom + 1)
        for column in range(left, right + 1)
    }


def _xls_text(cell: Any, datemode: int) -> str:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return _text(xlrd.xldate_as_datetime(cell.value, datemode))
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return _text(bool(cell.value))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code[cell.value])
    return _text(cell.value)


def _text(value: Any) -> str:
    """A cell as text: numbers in the fewest digits that give them back, dates in ISO, spaces single."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return " ".join(str(value).split())
