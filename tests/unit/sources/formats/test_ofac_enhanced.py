"""OFAC's enhanced XML: days of listing, names, countries; and what is no list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.ofac_enhanced import read_ofac_enhanced
from retorsion.tables.lists import by_programme

FILE = FIXTURES / "lists" / "ofac_sdn_enhanced.xml"
TEXT = FILE.read_text(encoding="utf-8")


def test_each_subject_has_the_day_on_which_its_list_published_it() -> None:
    rows = read_ofac_enhanced(FILE, source_id="ofac")
    assert rows.rejected.is_empty()
    person, bank = rows.accepted.to_dicts()
    assert (person["list_number"], person["subject_type"]) == ("990001", "individual")
    assert (person["subject_name"], person["announced_date"]) == ("EXEMPLAR, Arno", date(2022, 2, 24))
    assert bank["programmes"] == ["UKRAINE-EO13661", "RUSSIA-EO14024"]
    assert bank["programme_dates"] == [date(2014, 3, 20)] * 2
    assert (bank["list_names"], bank["measures"]) == ("SDN List", "Block")
    assert bank["generated_text"] == "2026-01-15T00:00:00"
    under = by_programme(rows.accepted)
    assert under.select("list_number", "programme", "announced_date").rows()[1:] == [
        ("990002", "UKRAINE-EO13661", date(2014, 3, 20)),
        ("990002", "RUSSIA-EO14024", date(2014, 3, 20)),
    ]


def test_the_first_day_of_several_lists_and_the_country_of_features_or_addresses(tmp_path: Path) -> None:
    other = '<sanctionsList refId="1" id="9" datePublished="2014-07-16">Non-SDN List</sanctionsList>'
    feature = "<features><feature><type>Nationality Country</type><value>Russia</value></feature></features>"
    address = "<addresses><address><country>Belarus</country></address></addresses>"
    text = TEXT.replace("</sanctionsLists>", f"{other}</sanctionsLists>", 1)
    text = text.replace("</names></entity>", f"</names>{address}{feature}</entity>", 1)
    end = "INVENTED BANK</formattedFullName></translation></translations></name></names>"
    text = text.replace(end, f"{end}{address}")
    path = tmp_path / "list.xml"
    path.write_text(text, encoding="utf-8")
    person, bank = read_ofac_enhanced(path, source_id="ofac").accepted.to_dicts()
    assert person["announced_date"] == date(2014, 7, 16)
    assert person["list_names"] == "SDN List; Non-SDN List"
    assert (person["country_codes"], bank["country_codes"]) == (["RUS"], ["BLR"])


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        ('entity id="990001"', "entity", "list_number", None),
        ('entity id="990001"', 'entity id="990002"', "list_number", "990002"),
        ("EXEMPLAR, Arno", "", "subject_name", None),
        (">Individual<", ">Robot<", "subject_type", "Robot"),
        ("2022-02-24", "2022-02-30", "announced_date", "2022-02-30"),
        (">RUSSIA-EO14024<", "> <", "programme", None),
    ],
)
def test_a_faulty_subject_is_set_aside_and_the_others_kept(
    tmp_path: Path, old: str, new: str, column: str, value: str | None
) -> None:
    path = tmp_path / "list.xml"
    path.write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    rows = read_ofac_enhanced(path, source_id="ofac")
    assert rows.rejected.select("column", "value").rows() == [(column, value)]
    assert len(rows.accepted) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (TEXT[:900], "well-formed"),
        (TEXT.replace("sanctionsData", "otherData"), "not of <sanctionsData>"),
        ('<!DOCTYPE x [<!ENTITY a "b">]>' + TEXT.split("?>")[1], "document type"),
        ("<sanctionsData>" + "<a>" * 1000 + "</a>" * 1000 + "</sanctionsData>", "depth|well-formed"),
        ("<sanctionsData><entities/></sanctionsData>", "no subjects"),
        (
            "<sanctionsData><entity><generalInfo/>" + "y" * 11_000_000 + "</entity></sanctionsData>",
            "well-formed",
        ),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "list.xml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=problem):
        read_ofac_enhanced(path, source_id="ofac")


def test_a_prefix_of_names_changes_nothing(tmp_path: Path) -> None:
    space = 'xmlns="https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/ENHANCED_XML"'
    text = TEXT.replace(space, space.replace("xmlns=", "xmlns:o="))
    for name in (
        "sanctionsData",
        "publicationInfo",
        "dataAsOf",
        "entities",
        "entity ",
        "entity>",
        "generalInfo",
    ):
        text = text.replace(f"<{name}", f"<o:{name}").replace(f"</{name}", f"</o:{name}")
    text = text.replace("<o:entityType", "<entityType").replace("</o:entityType", "</entityType")
    path = tmp_path / "list.xml"
    path.write_text(text, encoding="utf-8")
    rows = read_ofac_enhanced(path, source_id="ofac").accepted
    assert rows.equals(read_ofac_enhanced(FILE, source_id="ofac").accepted)


def test_days_of_several_lists_are_given_to_no_programme_of_several(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    old = '<sanctionsList refId="1550" id="2" datePublished="2014-03-20">SDN List</sanctionsList>'
    assert old in text
    two = '<sanctionsList refId="91512" id="9" datePublished="2022-02-24">Sectoral List</sanctionsList>'
    path = tmp_path / "x.xml"
    path.write_text(text.replace(old, old + two), encoding="utf-8")
    rows = read_ofac_enhanced(path, source_id="us").accepted
    person, body = rows.to_dicts()
    assert person["programme_dates"] == [date(2022, 2, 24)]
    assert (body["programmes"], body["programme_dates"]) == (
        ["UKRAINE-EO13661", "RUSSIA-EO14024"],
        [None, None],
    )
    assert (body["announced_date"], body["list_dates"]) == (None, "2014-03-20; 2022-02-24")
    one = '<sanctionsProgram refId="1" id="3">RUSSIA-EO14024</sanctionsProgram>'
    path.write_text(text.replace(old, old + two).replace(one, ""), encoding="utf-8")
    assert read_ofac_enhanced(path, source_id="us").accepted["announced_date"][1] == date(2014, 3, 20)


def test_a_nationality_that_is_not_known_to_the_list_is_no_state(tmp_path: Path) -> None:
    def feature(value: str) -> str:
        return f"<feature><type>Nationality Country</type><value>{value}</value></feature>"

    path = tmp_path / "x.xml"
    for values, codes in ((("Russia", "undetermined"), ["RUS"]), (("Russia", "Atlantis"), None)):
        features = f"<features>{''.join(map(feature, values))}</features>"
        path.write_text(
            TEXT.replace("</names></entity>", f"</names>{features}</entity>", 1), encoding="utf-8"
        )
        assert read_ofac_enhanced(path, source_id="us").accepted["country_codes"].to_list()[0] == codes
