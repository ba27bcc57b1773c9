"""Australia: consolidated list of the Department of Foreign Affairs and Trade (``regulation8_consolidated.xlsx``).

One row for each name of a subject: ``101`` the primary name, ``101a`` and so on the others. ``Control Date`` is
the day on which the subject was listed. Layout: DFAT, consolidated list.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from pathlib import Path

from retorsion.errors import SourceError
from retorsion.sources.readers import Beginning, Head, Reader
from retorsion.sources.rows import Rows
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.tables import LINES_ABOVE, header_place
from retorsion.sources.text.workbooks import counts_from_1904, workbook_rows

SUBJECT_TYPES = {"Individual": "individual", "Entity": "entity", "Vessel": "vessel"}

_NEEDED = ("Reference", "Name of Individual or Entity", "Type", "Name Type", "Committees", "Control Date")


def read_australia_dfat(path: Path, *, source_id: str) -> Rows:
    """Read the workbook.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in order of its first row, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``row`` is its row in the sheet, ``n_rows`` its names,
        ``list_number`` the reference without a letter, ``programmes`` what the list calls committees, each with
        its control date. Rejected: subjects that cannot be read.

    Raises:
        SourceError: the file is no workbook, or no sheet of it has the columns.
    """
    from_1904 = counts_from_1904(path)
    sheets = workbook_rows(path)
    places = {name: header_place(rows[:LINES_ABOVE], _NEEDED) for name, rows in sheets}
    sheet, rows = next((one for one in sheets if places[one[0]] is not None), sheets[0])
    above = places[sheet] or 0
    header = [(cell or "").strip() for cell in rows[above]] if rows else []
    if missing := [name for name in _NEEDED if name not in header]:
        raise SourceError(
            path.name,
            f"lacks the columns {missing} in the sheet {sheet!r}",
            row=1,
            remedy="Take the list as the department publishes it.",
        )
    groups: dict[str, list[tuple[int, dict[str, str | None]]]] = {}
    for n, row in enumerate(rows[above + 1 :], start=above + 2):
        if any(row):
            cells = dict(zip(header, row, strict=True))
            cells["Control Date"] = _iso(cells["Control Date"], from_1904)
            reference = re.sub(r"(\.0|\s*[A-Za-z]+)$", "", cells["Reference"] or "")
            groups.setdefault(reference, []).append((n, cells))
    subjects = [_subject(number, found) for number, found in groups.items()]
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path)


def _subject(number: str, rows: list[tuple[int, dict[str, str | None]]]) -> Subject:
    names: tuple[list[str], list[str]] = ([], [])
    days: dict[str, list[str]] = {}
    countries: list[str] = []
    for _, cells in rows:
        if name := cells["Name of Individual or Entity"]:
            names[0 if (cells["Name Type"] or "").lower().startswith("primary") else 1].append(name)
        for programme in re.split(r"\s*;\s*", cells["Committees"] or ""):
            if programme:
                days.setdefault(programme, []).extend([day] if (day := cells["Control Date"]) else [])
        countries += re.split(r"\s*[,;]\s*", cells.get("Citizenship") or "")
    first_row, first = rows[0]
    return Subject(
        row=first_row,
        number=number or None,
        kind=first["Type"],
        names=[*names[0], *names[1]],
        countries=[name for name in dict.fromkeys(countries) if name],
        designations=[(programme, min(found, default=None)) for programme, found in days.items()],
        more_rows=[n for n, _ in rows[1:]],
        more={"listing_information": first.get("Listing Information")},
    )


def _iso(day: str | None, from_1904: bool) -> str | None:
    """A day as ISO 8601, also one that the workbook counts; what is none as it is, to be named."""
    if day is None:
        return None
    if counted := re.fullmatch(r"([0-9]{5})(\.[0-9]+)?", day):
        return str(
            date(1904, 1, 1) + timedelta(int(counted[1]))
            if from_1904
            else date(1899, 12, 30) + timedelta(int(counted[1]))
        )
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(day[:10], form).date().isoformat()
        except ValueError:
            continue
    return day


def _is_workbook(head: Head) -> bool:
    return bool(head.sheets) and b"Name of Individual or Entity" in head.start


READERS = (
    Reader(
        "australia_dfat",
        "list",
        "DFAT, Australian consolidated list (xlsx)",
        read_australia_dfat,
        Beginning("a workbook", _NEEDED, _is_workbook),
        ("list_number",),
    ),
)
