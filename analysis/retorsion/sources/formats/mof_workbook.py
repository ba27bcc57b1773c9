"""Japan: the Ministry of Finance's workbook of persons and bodies whose assets are frozen (xlsx, xls).

One sheet for each category, named by its number and its subjects (``29.ロシア連邦(個人)``). Below a title and a
header with 告示日付 and 番号, one row for each number: the day of its first notice with those of revisions
(改訂), or the day on which it was removed (削除), and then nothing else. Later categories are renumbered when the
ministry inserts one. Layout: the ministry's workbooks of 2014 to 2026.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from retorsion.errors import SourceError
from retorsion.sources.formats.mof_list import notice_dates
from retorsion.sources.readers import Beginning, Head, Reader
from retorsion.sources.rows import Rows
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.workbooks import workbook_rows

#: What the name of a sheet says of its subjects, in the order in which it is looked for.
_KINDS = (("銀行", "bank"), ("個人", "individual"), ("団体", "entity"))
SUBJECT_TYPES = {"individual": "individual", "bank": "bank", "entity": "entity", "": None}

_CATEGORY = re.compile(r"\s*([0-9]{1,2})\s*[.．、]")
_REMOVED = re.compile(r"(.+?)\s*に?削除")


def read_mof_workbook(path: Path, *, source_id: str) -> Rows:
    """Read the workbook.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each number in the order of the sheets, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``row`` is its row in the sheet, ``list_number`` as in the
        ministry's CSV (029-000001), ``programmes`` the category, two digits, ``subject_name`` the English name,
        or the Japanese one where there is none, and null for a number that was removed; ``ended_date`` (the day
        of removal), ``name_ja``, ``revision_dates`` (parted by blanks), ``sheet``. Rejected: rows that cannot be
        read.

    Raises:
        SourceError: the file is no workbook, or no sheet of it is in the layout.
    """
    subjects: list[Subject] = []
    skipped: list[str] = []
    for name, rows in workbook_rows(path):
        head = next((n for n, row in enumerate(rows) if "告示日付" in map(_plain, row)), None)
        category = _CATEGORY.match(_plain(name))
        if head is None or category is None:
            skipped.append(name)
            continue
        subjects += _of_sheet(name, int(category[1]), rows, head)
    if not subjects:
        raise SourceError(
            path.name,
            "has no sheet of a category with the column 告示日付",
            value=", ".join(skipped)[:200],
            remedy="Take the workbook as the ministry publishes it.",
        )
    notes = [f"sheets that are not read: {', '.join(skipped)}"] if skipped else []
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path, notes=notes)


def _plain(text: str | None) -> str:
    """Text with usual digits and letters and without any blank."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text or ""))


def _of_sheet(sheet: str, category: int, rows: list[tuple[str | None, ...]], head: int) -> list[Subject]:
    columns = {_plain(cell): place for place, cell in enumerate(rows[head]) if cell}
    number = next((place for name, place in columns.items() if name in ("告示番号", "番号")), None)
    kind = next((kind for mark, kind in _KINDS if mark in sheet), "")
    found = []
    for n, row in enumerate(rows[head + 1 :], start=head + 2):
        if not any(row) or number is None or not row[number]:
            continue
        serial = re.sub(r"\.0$", "", _plain(row[number]))
        notice = row[columns["告示日付"]] or ""
        found.append(_subject(n, sheet, f"{category:02d}", serial, kind, notice, row, columns))
    return found


def _subject(
    n: int,
    sheet: str,
    category: str,
    serial: str,
    kind: str,
    notice: str,
    row: tuple[str | None, ...],
    columns: dict[str, int],
) -> Subject:
    removed = _REMOVED.fullmatch(_plain(notice))
    dates = None if removed else notice_dates(notice)
    gone = notice_dates(removed[1]) if removed else None
    japanese, english = (
        row[columns[name]] if name in columns else None for name in ("日本語表記", "英語表記")
    )
    names = [name for name in (english, japanese) if name]
    first = str(dates[0]) if dates else None if removed else notice or "(empty)"
    return Subject(
        row=n,
        number=f"0{category}-{int(serial):06d}" if serial.isdecimal() else serial,
        kind=kind,
        names=names[:1],
        designations=[(category, first)],
        ended=(str(gone[0]) if gone else notice) if removed else None,
        more={
            "name_ja": japanese,
            "revision_dates": " ".join(map(str, dates[1])) if dates and dates[1] else None,
            "sheet": sheet,
        },
    )


def _is_workbook(head: Head) -> bool:
    return any(_CATEGORY.match(name) and re.search("個人|団体|銀行", name) for name in head.sheets)


READERS = (
    Reader(
        "mof_workbook",
        "list",
        "Ministry of Finance Japan, asset-freeze workbook (xlsx)",
        read_mof_workbook,
        Beginning("a workbook", ("告示日付",), _is_workbook),
        ("list_number",),
    ),
)
