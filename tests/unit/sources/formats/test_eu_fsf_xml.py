"""The Union's list as XML."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from places import FIXTURES
from retorsion.sources.formats.eu_fsf import read_eu_fsf
from retorsion.sources.formats.eu_fsf_xml import read_eu_fsf_xml

FILE = FIXTURES / "lists" / "eu_fsf_full_1_1.xml"


def test_designation_date_is_that_of_the_entity_and_not_of_an_amendment() -> None:
    rows = read_eu_fsf_xml(FILE, source_id="eu")
    person, body = rows.accepted.to_dicts()
    assert (person["announced_date"], person["programmes"]) == (date(2022, 4, 8), ["EXA"])
    assert (person["subject_name"], person["aliases"]) == ("EXAMPLE Person One", ["Person E. One"])
    assert person["country_codes"] == ["RUS"]  # of a person the citizenship, not the address
    assert (body["announced_date"], body["country_codes"]) == (None, ["XKX"])
    assert (body["un_reference"], body["regulation"]) == ("QDe.900", "2014/9002")
    assert rows.rejected.select("row", "column", "value").rows() == [(3, "subject_type", "vessel")]


def test_the_columns_that_both_forms_of_the_list_have_mean_the_same() -> None:
    xml = read_eu_fsf_xml(FILE, source_id="eu").accepted
    csv = read_eu_fsf(FIXTURES / "lists" / "eu_fsf_full_1_1.csv", source_id="eu").accepted
    shared = [name for name in csv.columns if name in xml.columns]
    assert {"list_number", "programmes", "programme_dates", "country_codes"} <= set(shared)
    assert csv.select(shared).schema == xml.select(shared).schema


def test_the_day_of_an_entry_under_several_programmes_is_of_none_of_them(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8")
    path = tmp_path / "x.xml"
    other = '<regulation publicationDate="2014-03-17" numberTitle="2014/9003" programme="EXB"/>'
    path.write_text(text.replace("<subjectType", other + "<subjectType", 1), encoding="utf-8")
    person = read_eu_fsf_xml(path, source_id="eu").accepted.row(0, named=True)
    assert person["programmes"] == ["EXA", "EXB"]
    assert (person["programme_dates"], person["announced_date"]) == ([None, None], None)
