"""Switzerland: sanctions of the State Secretariat for Economic Affairs (``consolidated-list.xml``).

Programmes with their sets of sanctions and places come first, then one ``target`` for each subject: an
individual, an entity or an object. Each target has its history as ``modification`` elements (listed, amended,
de-listed) with the day of publication and the day on which it took effect; of a target under several programmes
nothing says of which one they are, and it has no day. Layout: SECO, schema
``swiss-sanctions-list``.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from retorsion.sources.readers import Reader, root
from retorsion.sources.rows import Rows
from retorsion.sources.text.published import read_whole
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.xml_records import text, texts, xml_records

SUBJECT_TYPES = {"individual": "individual", "entity": "entity", "vessel": "vessel", "aircraft": "aircraft",
                 "object": None}  # fmt: skip


def read_swiss_seco(path: Path, *, source_id: str) -> Rows:
    """Read the list.

    Args:
        path: the XML file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``row`` is the how manyth subject it is, ``list_number``
        its ``ssid``, ``programmes`` the English names of its programmes, ``announced_date`` the first publication
        of its listing (since its last removal, where it was listed again), ``ended_date`` (where the newest
        modification is a removal) the day of that; and ``un_reference``, ``generated_text``. Rejected: the subjects
        that cannot be read.

    Raises:
        SourceError: the file is not in the layout.
    """
    subjects: list[Subject] = []
    programmes: dict[str, str] = {}
    places: dict[str, str] = {}
    generated = None
    for element in xml_records(
        read_whole(path),
        path.name,
        root="swiss-sanctions-list",
        records=("sanctions-program", "place", "target"),
    ):
        if element.tag == "swiss-sanctions-list":
            generated = element.get("date")
        elif element.tag == "sanctions-program":
            name = text(element, "program-name[@lang='eng']") or text(element, "program-key[@lang='eng']")
            for one in element.findall("sanctions-set"):
                programmes[str(one.get("ssid"))] = name or str(element.get("ssid"))
        elif element.tag == "place":
            country = element.find("country")
            places[str(element.get("ssid"))] = _country(country) or ""
        else:
            subjects.append(_subject(element, len(subjects) + 1, programmes, places, generated))
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path)


def _subject(
    target: Element, row: int, programmes: dict[str, str], places: dict[str, str], generated: str | None
) -> Subject:
    kind, node = _kind(target)
    sets = [*(target.get("sanctions-set-id") or "").split(), *texts(target, "sanctions-set-id")]
    listed, ended = _days(target)
    named = list(dict.fromkeys(programmes.get(one, one) for one in sets))
    identities = [] if node is None else node.findall("identity")
    identities = [*identities, *target.findall("identity")]
    return Subject(
        row=row,
        number=target.get("ssid"),
        kind=kind,
        names=_names(identities),
        countries=_countries(identities, places),
        designations=[(programme, listed if len(named) == 1 else None) for programme in named],
        ended=ended,
        more={"un_reference": text(target, "foreign-identifier"), "generated_text": generated},
    )


def _kind(target: Element) -> tuple[str | None, Element | None]:
    for tag in ("individual", "entity", "object"):
        node = target.find(tag)
        if node is not None:
            return (node.get("object-type") or tag) if tag == "object" else tag, node
    return None, None


def _days(target: Element) -> tuple[str | None, str | None]:
    """Day of the first listing since the last removal, and of the removal if that is what happened last."""
    changes = []
    for one in target.findall("modification"):
        day = one.get("publication-date") or one.get("effective-date") or one.get("enactment-date")
        if day:
            changes.append((day, one.get("modification-type") or "", one.get("effective-date") or day))
    changes.sort(key=lambda change: change[0])
    ended = changes[-1][2] if changes and changes[-1][1] == "de-listed" else None
    before = changes[:-1] if ended else changes
    removed = max((n for n, change in enumerate(before) if change[1] == "de-listed"), default=-1)
    listed = next((day for day, kind, _ in before[removed + 1 :] if kind == "listed"), None)
    return listed, ended


def _place(order: str | None) -> int:
    """Where a part stands in its name; what is no number leaves it where the file has it, before the numbered."""
    return int(order) if order is not None and order.isdecimal() and len(order) < 10 else 0


def _names(identities: list[Element]) -> list[str]:
    """The primary name of the main identity first."""
    found: list[tuple[bool, str]] = []
    for identity in identities:
        is_main = identity.get("main") == "true"
        for name in identity.findall("name"):
            parts = [
                (_place(part.get("order")), value)
                for part in name.findall("name-part")
                if part.get("name-part-type") != "title"
                and (value := text(part, "value") or (part.text or "").strip())
            ]
            whole = " ".join(value for _, value in sorted(parts, key=lambda part: part[0]))
            is_primary = is_main and name.get("name-type", "primary-name") == "primary-name"
            if whole:
                found.append((not is_primary, whole))
    return [name for _, name in sorted(found, key=lambda pair: pair[0])]


def _country(country: Element | None) -> str | None:
    return None if country is None else country.get("iso-code") or (country.text or "").strip() or None


def _countries(identities: list[Element], places: dict[str, str]) -> list[str]:
    """Nationalities, or else the countries of addresses."""
    found = [
        _country(one.find("country")) for identity in identities for one in identity.findall("nationality")
    ]
    if not any(found):
        found = [
            places.get(str(one.get("place-id")))
            for identity in identities
            for one in identity.findall("address")
        ]
    return list(dict.fromkeys(one for one in found if one))


READERS = (
    Reader(
        "swiss_seco",
        "list",
        "SECO, Swiss sanctions list (XML)",
        read_swiss_seco,
        root("swiss-sanctions-list"),
        ("list_number",),
    ),
)
