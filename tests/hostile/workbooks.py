"""What comes under the name of a portal's workbook and is none, or too much of one."""

import io
import zipfile

from tests.hostile.mutations import Content, Corpus, Good

CORPUS = Corpus()
FEED, NAME = "portal.sqrp_rating", "sqrp_ratings_2018_19.xls"


@CORPUS.red(FEED, NAME, "is HTML or XML named as a workbook")
def an_xls_that_is_html(_good: Good) -> Content:
    """A table in HTML under the name of a workbook, as some portals export it."""
    return {NAME: b"<html><body><table><tr><td>School ID</td></tr><tr><td>609772</td></tr></table></body></html>"}


@CORPUS.red(FEED, NAME, "is neither an .xls nor an .xlsx workbook")
def an_xls_that_is_csv(_good: Good) -> Content:
    """Delimited text under the name of a workbook."""
    return {NAME: b"School ID,Rating\n609772,Level 1\n"}


@CORPUS.red(FEED, NAME, "can't be read as a workbook")
def an_xls_cut_off(_good: Good) -> Content:
    """The first bytes of an old workbook and nothing else."""
    return {NAME: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)}


@CORPUS.red(FEED, NAME, "can't be read as a workbook")
def a_zip_that_is_no_workbook(_good: Good) -> Content:
    """A ZIP archive of something else under the name of a workbook."""
    return {NAME: _zip({"letter.txt": b"Dear parents"})}


@CORPUS.red(FEED, NAME, "would unpack to")
def a_workbook_that_is_a_bomb(_good: Good) -> Content:
    """A workbook whose sheet is three hundred million blanks in three hundred thousand bytes."""
    return {NAME: _zip({"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": b" " * 300_000_000})}


@CORPUS.red(FEED, NAME, "is neither an .xls nor an .xlsx workbook")
def an_empty_workbook(_good: Good) -> Content:
    """A workbook of no bytes."""
    return {NAME: b""}


def _zip(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2019, 2, 13, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()
