"""United Kingdom: the UK Sanctions List, the only list of designations since 28 January 2026, as CSV or XML.

The CSV begins with a line ``Report Date: dd-Mon-yyyy``, then a header of 58 columns, and has one row for each
name of a subject; rows of one ``Unique ID`` are one subject. The XML has one ``Designation`` for each subject.
``Date Designated`` is the day of designation under the regime of the row. Layout: Foreign, Commonwealth and
Development Office, UK Sanctions List, format guide.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.readers import Beginning, Reader, header, root
from retorsion.sources.rows import ROW, Rows
from retorsion.sources.states import names_in
from retorsion.sources.text.published import QuotedLayout, read_layout, read_whole
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.xml_records import text, texts, xml_records

SUBJECT_TYPES = {"Individual": "individual", "Entity": "entity", "Ship": "vessel"}

_NAMES = ("Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name 6")

_LAYOUT = QuotedLayout(
    publisher="the Foreign, Commonwealth and Development Office",
    columns=(
        "Last Updated", "Unique ID", "OFSI Group ID", "UN Reference Number",
        "Name 6", "Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name type", "Alias strength", "Title",
        "Name non-latin script", "Non-latin script type", "Non-latin script language", "Regime Name",
        "Designation Type", "Designation source", "Sanctions Imposed", "Other Information",
        "UK Statement of Reasons", "Address Line 1", "Address Line 2", "Address Line 3", "Address Line 4",
        "Address Line 5", "Address Line 6", "Address Postal Code", "Address Country", "Phone number", "Website",
        "Email address", "Date Designated", "D.O.B", "Nationality(/ies)", "National Identifier number",
        "National Identifier additional information", "Passport number", "Passport additional information",
        "Position", "Gender", "Town of birth", "Country of birth", "Type of entity", "Subsidiaries",
        "Parent company", "Business registration number (s)", "IMO number", "Current owner/operator (s)",
        "Previous owner/operator (s)", "Current believed flag of ship", "Previous flags", "Type of ship",
        "Tonnage of ship", "Length of ship", "Year Built", "Hull identification number (HIN)",
    ),
)  # fmt: skip

#: Columns that are read.
_READ = (
    "Unique ID", *_NAMES, "Name type", "Regime Name", "Date Designated", "Designation Type",
    "Nationality(/ies)", "Address Country", "Current believed flag of ship", "Sanctions Imposed",
    "OFSI Group ID", "UN Reference Number",
)  # fmt: skip

#: Columns by which the list is known, with the line above them or without.
_KNOWN_BY = ("Unique ID", "Regime Name", "Date Designated")

_BANNER = re.compile(
    rb"(?:\xef\xbb\xbf)?\"?Report Date: *([0-9A-Za-z/ -]{6,20}?)\"?[,;\t ]*\r?\n", re.IGNORECASE
)

#: Types of names, the one that a subject is listed under first; until one is found, a variation of it will do.
_NAME_TYPES = ("primary name", "primary name variation")


def read_uk_sanctions_csv(path: Path, *, source_id: str) -> Rows:
    """Read the CSV.

    Args:
        path: the file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in order of its first row, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``list_number`` is the ``Unique ID``, ``programmes`` are
        regimes, each with its own day; and ``measures`` (sanctions imposed, parted by ``; ``), ``ofsi_group``,
        ``un_reference``, ``generated_text``. Rejected: rows of subjects that cannot be read, and rows of another
        number of cells. The sum of ``n_rows`` and the number of rejected rows are the rows of the file.

    Raises:
        SourceError: the file has no line with the report's date, or is not in the layout.
    """
    data = read_whole(path)
    banner = _BANNER.match(data)
    if banner is None:
        raise SourceError(
            path.name,
            "does not begin with the line 'Report Date: dd-Mon-yyyy'",
            row=1,
            value=data[:60],
            remedy="Take the UK Sanctions List as it is published.",
        )
    read = read_layout(path, _LAYOUT, source_id=source_id, data=data, n_above=1)
    groups: dict[str | None, list[dict[str, Any]]] = {}
    for row in read.accepted.select(ROW, *_READ).iter_rows(named=True):
        groups.setdefault(row["Unique ID"], []).append(row)
    subjects = [_of_rows(rows, banner[1].decode()) for rows in groups.values()]
    rows = subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path)
    return Rows(rows.accepted, pl.concat([read.rejected, rows.rejected]))


def _of_rows(rows: list[dict[str, Any]], generated: str) -> Subject:
    def cells(column: str) -> list[str]:
        return list(dict.fromkeys(row[column] for row in rows if row[column] is not None))

    first = rows[0]
    names: list[tuple[int, str]] = []
    days: dict[str, list[str]] = {}
    for row in rows:
        if name := " ".join(row[part] for part in _NAMES if row[part]):
            names.append((_rank(row["Name type"]), name))
        if row["Regime Name"]:
            of_regime = days.setdefault(row["Regime Name"], [])
            of_regime += [_iso(row["Date Designated"])] if row["Date Designated"] else []
    country = {"Individual": "Nationality(/ies)", "Ship": "Current believed flag of ship"}
    return Subject(
        row=first[ROW],
        number=first["Unique ID"],
        kind=first["Designation Type"],
        names=_in_order(names),
        countries=_names_of_states(cells(country.get(first["Designation Type"], "Address Country"))),
        designations=[(regime, min(found, default=None)) for regime, found in days.items()],
        more_rows=[row[ROW] for row in rows[1:]],
        more={
            "measures": _measures(cells("Sanctions Imposed")),
            "ofsi_group": first["OFSI Group ID"],
            "un_reference": first["UN Reference Number"],
            "generated_text": generated,
        },
    )


def _rank(name_type: str | None) -> int:
    plain = (name_type or "").strip().lower()
    return _NAME_TYPES.index(plain) if plain in _NAME_TYPES else len(_NAME_TYPES)


def _in_order(names: list[tuple[int, str]]) -> list[str]:
    """The name that a subject is listed under first, and the others in the order of the list."""
    return [name for _, name in sorted(names, key=lambda pair: pair[0])]


def _names_of_states(cells: list[str]) -> list[str]:
    return list(dict.fromkeys(name for cell in cells for name in names_in(cell.replace("|", ";"))))


def _measures(cells: list[str]) -> str | None:
    return "; ".join(dict.fromkeys(one.strip() for cell in cells for one in cell.split("|"))) or None


def _iso(day: str) -> str:
    """A day written dd/mm/yyyy or dd-Mon-yyyy as ISO 8601; anything else as it is, to be named."""
    for form, written in (("%d/%m/%Y", day[:10]), ("%d-%b-%Y", day), ("%d %B %Y", day)):
        try:
            return datetime.strptime(written, form).date().isoformat()
        except ValueError:
            continue
    return day


def read_uk_sanctions_xml(path: Path, *, source_id: str) -> Rows:
    """Read the XML. Arguments, columns and errors as :func:`read_uk_sanctions_csv`.

    ``row`` is the how manyth subject it is, and ``n_rows`` 1.
    """
    subjects: list[Subject] = []
    generated = None
    for element in xml_records(
        read_whole(path), path.name, root="Designations", records=("DateGenerated", "Designation")
    ):
        if element.tag == "DateGenerated":
            generated = (element.text or "").strip() or None
        elif element.tag == "Designation":
            subjects.append(_of_element(element, len(subjects) + 1, generated))
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path)


def _of_element(one: Element, row: int, generated: str | None) -> Subject:
    kind = text(one, "IndividualEntityShip") or text(one, "DesignationType")
    names: list[tuple[int, str]] = []
    for name in one.findall("Names/Name"):
        parts = [text(name, f"Name{n}") for n in (1, 2, 3, 4, 5, 6)]
        full = " ".join(part for part in parts if part)
        names += [(_rank(text(name, "NameType")), full)] if full else []
    place = {
        "Individual": "IndividualDetails/Individual/Nationalities/Nationality",
        "Ship": "ShipDetails/Ship/CurrentBelievedFlagOfShip",
    }.get(kind or "", "Addresses/Address/AddressCountry")
    day = text(one, "DateDesignated")
    regime = text(one, "RegimeName")
    return Subject(
        row=row,
        number=text(one, "UniqueID"),
        kind=kind,
        names=_in_order(names),
        countries=_names_of_states(texts(one, place)),
        designations=[(regime, None if day is None else _iso(day))] if regime else [],
        more={
            "measures": _measures(texts(one, "SanctionsImposed")),
            "ofsi_group": text(one, "OFSIGroupID"),
            "un_reference": text(one, "UNReferenceNumber"),
            "generated_text": generated,
        },
    )


READERS = (
    Reader(
        "uk_sanctions_csv",
        "list",
        "UK Sanctions List (CSV)",
        read_uk_sanctions_csv,
        Beginning("CSV", _KNOWN_BY, lambda head: any(header(*_KNOWN_BY, line=n)(head) for n in (0, 1))),
        ("list_number",),
    ),
    Reader(
        "uk_sanctions_xml",
        "list",
        "UK Sanctions List (XML)",
        read_uk_sanctions_xml,
        root("Designations", "UniqueID"),
        ("list_number",),
    ),
)
