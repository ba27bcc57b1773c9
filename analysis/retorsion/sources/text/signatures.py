"""Files that are no table of any known kind, known by their first bytes, and what to do with them.

Nothing here is read: whoever brings such a file is told what it is, and how its rows come into a file that is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Foreign(NamedTuple):
    """A file that is of no use as it is.

    Attributes:
        what: what it is, to follow the word "is".
        remedy: what to do, a full sentence.
        medium: the medium of the known formats that are nearest to it; None where none is near.
    """

    what: str
    remedy: str
    medium: str | None = None


_SAVE = "Open it, and save the sheet as xlsx or as CSV in UTF-8."
_UNPACK = "Unpack it, and take the file that it holds."
_UTF_8 = "Save it as text in UTF-8."

#: How files begin that are no tables.
_BEGINNINGS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Foreign("a file of old Office (xls, doc)", _SAVE, "a workbook")),
    (b"%PDF-", Foreign("a PDF", "Take the table it was made from, or bring its rows into a CSV.")),
    (b"\x89PNG\r\n", Foreign("an image", "Take the table that it shows.")),
    (b"\xff\xd8\xff", Foreign("an image", "Take the table that it shows.")),
    (b"GIF8", Foreign("an image", "Take the table that it shows.")),
    (b"7z\xbc\xaf\x27\x1c", Foreign("a 7z archive", _UNPACK)),
    (b"Rar!\x1a\x07", Foreign("a RAR archive", _UNPACK)),
    (b"BZh", Foreign("packed with bzip2", _UNPACK)),
    (b"PK\x03\x04", Foreign("a zip that holds another zip or a workbook", "Unpack it, and take that file.")),
    (b"\x1f\x8b", Foreign("packed with gzip twice", "Unpack it once.")),
    (
        b"version https://git-lfs",
        Foreign("a pointer of Git LFS and not the file", "Fetch the file itself: git lfs pull."),
    ),
    (b"PAR1", Foreign("Parquet", "Name its reader: --reader tidy_flows or tidy_events.")),
    (b"X\n\x00\x00\x00", Foreign("a table of R (rds)", "Write it as CSV from R.")),
    (b"RDX", Foreign("data of R (RData)", "Write the table as CSV from R.")),
    (b"<stata_dta>", Foreign("a table of Stata (dta)", "Write it as CSV from Stata.")),
    (b"\xff\xfe\x00\x00", Foreign("text in UTF-32", _UTF_8)),
    (b"\x00\x00\xfe\xff", Foreign("text in UTF-32", _UTF_8)),
    (b"\xff\xfe", Foreign("text in UTF-16", _UTF_8)),
    (b"\xfe\xff", Foreign("text in UTF-16", _UTF_8)),
)

#: Members by which packed documents are known.
_MEMBERS = (
    ("word/document.xml", Foreign("a text document (docx)", "Bring the rows of its table into a CSV.")),
    ("ppt/presentation.xml", Foreign("a presentation (pptx)", "Bring the rows of its table into a CSV.")),
    ("content.xml", Foreign("an OpenDocument file (ods, odt)", _SAVE, "a workbook")),
)

#: Elements that begin a web page, also one that is saved under the name of a workbook.
_PAGE = rb"\s*<(!doctype\s+html|(html|head|body|meta|table|div|style|script)[\s>])"

_SHEET_XML = Foreign("a sheet of Excel 2003 in XML", _SAVE, "a workbook")

#: Share of the bytes of a text in Latin letters that are NUL in UTF-16 without a byte-order mark, and less.
_MANY = 0.4


def is_page(start: bytes) -> bool:
    """Whether a text without a byte-order mark begins as a web page does."""
    return re.match(_PAGE, start, re.IGNORECASE) is not None


def foreign(start: bytes, members: Sequence[str]) -> Foreign | None:
    """What a file is that no reader knows.

    Args:
        start: its first bytes, unpacked once.
        members: names in it, if it is a zip.

    Returns:
        None if it may be a table, as text is.
    """
    for beginning, found in _BEGINNINGS:
        if start.startswith(beginning):
            return found
    for member, found in _MEMBERS:
        if member in members:
            return found
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start[:1024]:
        return _SHEET_XML
    if start[257:262] == b"ustar":
        return Foreign("a tar archive", _UNPACK)
    if b"\x00" not in start:
        return None
    if start.count(b"\x00") < _MANY * len(start) or not any(start):
        return Foreign("no text: it holds NUL bytes", "Fetch the file again, or write its table as CSV.")
    return Foreign("text in UTF-16", _UTF_8)
