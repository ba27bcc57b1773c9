"""United States: the enhanced XML of OFAC's lists, ``SDN_ENHANCED.XML`` and ``CONS_ENHANCED.XML``.

One ``entity`` for each subject, with the lists it stands on and the day on which each list published it
(``datePublished``), its programmes, names, nationalities and addresses. The day is that of the list; the
format dates no programme apart, so that a subject under several has the same day under each. Where it stands on
several lists since different days, nothing says which of several programmes is of which day, and they have none.
Layout: OFAC,
Sanctions List Service, enhanced data, schema ``ENHANCED_XML``.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from retorsion.sources.readers import Reader, root
from retorsion.sources.rows import Rows
from retorsion.sources.text.published import read_whole
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.xml_records import text, texts, xml_records

SUBJECT_TYPES = {"Individual": "individual", "Entity": "entity", "Vessel": "vessel", "Aircraft": "aircraft"}

#: Features of a subject that say of which country it is, in this order.
_COUNTRY_FEATURES = (
    "Nationality Country",
    "Citizenship Country",
    "Vessel Flag",
    "Nationality of Registration",
)


def read_ofac_enhanced(path: Path, *, source_id: str) -> Rows:
    """Read an enhanced list.

    Args:
        path: the XML file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``row`` is the how manyth subject it is,
        ``list_number`` the id by which OFAC's other files call it (``ent_num``), ``announced_date`` the first
        day on which a list published it; and ``list_dates``, ``list_names``, ``measures`` (types of sanctions),
        each parted by ``; ``, and ``generated_text``. Rejected: the subjects that cannot be read.

    Raises:
        SourceError: the file is not in the layout.
    """
    subjects: list[Subject] = []
    generated = None
    for element in xml_records(
        read_whole(path), path.name, root="sanctionsData", records=("publicationInfo", "entity")
    ):
        if element.tag == "publicationInfo":
            generated = text(element, "dataAsOf")
        elif element.tag == "entity" and element.find("generalInfo") is not None:
            subjects.append(_subject(element, len(subjects) + 1, generated))
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path)


def _subject(entity: Element, row: int, generated: str | None) -> Subject:
    published = [one.get("datePublished") for one in entity.findall("sanctionsLists/sanctionsList")]
    days = sorted({day for day in published if day})
    programmes = texts(entity, "sanctionsPrograms/sanctionsProgram")
    day = days[0] if days and (len(days) == 1 or len(programmes) == 1) else None
    return Subject(
        row=row,
        number=entity.get("id"),
        kind=text(entity, "generalInfo/entityType"),
        names=_names(entity),
        countries=_countries(entity),
        designations=[(programme, day) for programme in programmes],
        more={
            "list_dates": "; ".join(days) or None,
            "list_names": "; ".join(texts(entity, "sanctionsLists/sanctionsList")) or None,
            "measures": "; ".join(texts(entity, "sanctionsTypes/sanctionsType")) or None,
            "generated_text": generated,
        },
    )


def _names(entity: Element) -> list[str]:
    """The primary name in its primary translation, and all others."""
    first: list[str] = []
    others: list[str] = []
    for name in entity.findall("names/name"):
        is_primary = text(name, "isPrimary") == "true"
        for translation in name.findall("translations/translation"):
            full = text(translation, "formattedFullName")
            if full:
                here = is_primary and text(translation, "isPrimary") == "true"
                (first if here else others).append(full)
    return first + others


def _countries(entity: Element) -> list[str]:
    """What the subject's features say of its country, or else the countries of its addresses."""
    found: dict[str, list[str]] = {name: [] for name in _COUNTRY_FEATURES}
    kinds = [(one.text or "").strip() for one in entity.findall("features/feature/type")]
    for feature in entity.findall("features/feature") if not found.keys().isdisjoint(kinds) else ():
        kind = text(feature, "type")
        if kind in found and (value := text(feature, "value")):
            found[kind].append(value)
    stated = next((values for values in found.values() if values), None)
    return list(dict.fromkeys(stated)) if stated else texts(entity, "addresses/address/country")


READERS = (
    Reader(
        "ofac_enhanced",
        "list",
        "OFAC, an enhanced list (SDN_ENHANCED.XML)",
        read_ofac_enhanced,
        root("sanctionsData"),
        ("list_number",),
    ),
)
