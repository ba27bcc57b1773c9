"""Canada: consolidated autonomous sanctions list (``sema-lmes.xml``).

One ``record`` for each subject, under the regulations of a ``Country``, which is written in both languages
(``Russia / Russie``) or names a law. The list numbers its subjects by schedule and item of the regulations
only. ``DateOfListing`` is the day of listing. Layout: Global Affairs Canada.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from retorsion.sources.readers import Reader, root
from retorsion.sources.rows import Rows
from retorsion.sources.text.published import read_whole
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.xml_records import text, xml_records

SUBJECT_TYPES = {"individual": "individual", "entity": "entity", "ship": "vessel"}

#: What parts aliases: a semicolon, or a comma that no form of company follows.
_ALIASES = re.compile(
    r";\s*|,\s+(?!(?:Ltd|Limited|Inc|LLC|LLP|L\.L\.C|Co|Corp|Company|S\.A|SA|GmbH|JSC|Jr|Sr)\b)", re.I
)


def read_canada_sema(path: Path, *, source_id: str) -> Rows:
    """Read the list.

    Args:
        path: the XML file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``row`` is the how manyth record it is, ``list_number``
        regulations, schedule and item, ``programmes`` the regulations by their English name; a record without
        the number of a ship, and with a name of its own, is an entity. Rejected: the records that cannot be
        read.

    Raises:
        SourceError: the file is not in the layout.
    """
    subjects: list[Subject] = []
    for element in xml_records(read_whole(path), path.name, root="data-set", records=("record",)):
        if element.tag == "record":
            subjects.append(_subject(element, len(subjects) + 1))
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path)


def _subject(record: Element, row: int) -> Subject:
    country = (text(record, "Country") or "").split(" / ")[0].strip()
    own = text(record, "EntityOrShip") or text(record, "Entity")
    person = " ".join(part for name in ("GivenName", "LastName") if (part := text(record, name)))
    number = [country, text(record, "Schedule"), text(record, "Item")]
    kind = "ship" if text(record, "ShipIMONumber") else "entity" if own else "individual"
    aliases = _ALIASES.split(text(record, "Aliases") or "")
    return Subject(
        row=row,
        number="; ".join(part for part in number if part) or None,
        kind=kind,
        names=[name for name in (own or person, *aliases) if name],
        designations=[(country, text(record, "DateOfListing"))] if country else [],
        more={
            "schedule": text(record, "Schedule"),
            "item": text(record, "Item"),
            "birth_date_text": text(record, "DateOfBirthOrShipBuildDate") or text(record, "DateOfBirth"),
        },
    )


READERS = (
    Reader(
        "canada_sema",
        "list",
        "Global Affairs Canada, autonomous sanctions list (XML)",
        read_canada_sema,
        root("data-set", "record", "Schedule"),
        ("list_number",),
    ),
)
