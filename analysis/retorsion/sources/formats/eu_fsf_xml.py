"""European Union: consolidated list of financial sanctions, full XML in version 1.1.

One ``sanctionEntity`` for each subject; what the CSV of the same list (:mod:`retorsion.sources.formats.eu_fsf`)
spreads over rows stands in its attributes and elements. ``designationDate`` is the day of designation;
``publicationDate`` of a regulation moves when an entry is amended. An entry under several programmes has one such
day, nothing says of which, and none is given. Layout: European Commission, Financial
Sanctions Files, ``xmlFullSanctionsList_1_1``.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element

from retorsion.sources.formats.eu_fsf import country_codes
from retorsion.sources.readers import Reader, root
from retorsion.sources.rows import Rows
from retorsion.sources.text.published import read_whole
from retorsion.sources.text.subjects import Subject, subject_rows
from retorsion.sources.text.xml_records import xml_records

SUBJECT_TYPES = {"person": "individual", "enterprise": "entity"}


def read_eu_fsf_xml(path: Path, *, source_id: str) -> Rows:
    """Read the list.

    Args:
        path: the XML file.
        source_id: id of the source it belongs to.

    Returns:
        Accepted, one row for each subject in file order, in the columns of
        :data:`retorsion.sources.text.subjects.SCHEMA`: ``row`` is the how manyth subject it is, ``list_number``
        the logical id, ``subject_country`` the codes of its citizenships, or of its addresses where it is no
        person; and ``eu_reference``, ``un_reference``, ``regulation`` (that which touched the entry last) and
        ``generated_text``. Rejected: the subjects that cannot be read.

    Raises:
        SourceError: the file is not in the layout.
    """
    subjects: list[Subject] = []
    generated = None
    for element in xml_records(read_whole(path), path.name, root="export", records=("sanctionEntity",)):
        if element.tag == "export":
            generated = element.get("generationDate")
        else:
            subjects.append(_subject(element, len(subjects) + 1, generated))
    return subject_rows(subjects, SUBJECT_TYPES, source_id=source_id, path=path, states=country_codes())


def _subject(entity: Element, row: int, generated: str | None) -> Subject:
    kind = entity.find("subjectType")
    code = None if kind is None else kind.get("code")
    regulations = entity.findall("regulation")
    programmes = dict.fromkeys(one.get("programme") for one in regulations if one.get("programme"))
    day = entity.get("designationDate") or None
    places = "citizenship" if code == "person" else "address"
    countries = (one.get("countryIso2Code") for one in entity.findall(places))
    return Subject(
        row=row,
        number=entity.get("logicalId"),
        kind=code,
        names=[name for one in entity.findall("nameAlias") if (name := (one.get("wholeName") or "").strip())],
        countries=[one for one in dict.fromkeys(countries) if one and one != "00"],
        designations=[(str(programme), day if len(programmes) == 1 else None) for programme in programmes],
        more={
            "eu_reference": entity.get("euReferenceNumber"),
            "un_reference": entity.get("unitedNationId") or None,
            "regulation": regulations[-1].get("numberTitle") if regulations else None,
            "generated_text": generated,
        },
    )


READERS = (
    Reader(
        "eu_fsf_xml",
        "list",
        "European Commission, financial sanctions (xmlFullSanctionsList_1_1)",
        read_eu_fsf_xml,
        root("export", "sanctionEntity"),
        ("list_number",),
    ),
)
