"""Switzerland's list."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from places import FIXTURES
from retorsion.sources.formats.swiss_seco import read_swiss_seco


def test_the_list_as_published() -> None:
    rows = read_swiss_seco(FIXTURES / "lists" / "swiss_seco.xml", source_id="ch")
    person, body, ship = rows.accepted.to_dicts()
    assert (person["subject_name"], person["aliases"]) == ("Arno Exemplar", ["Arnold Exemplar"])
    assert (person["announced_date"], person["ended_date"]) == (date(2022, 3, 4), None)  # not the amendment
    assert (person["country_codes"], person["programmes"]) == (["RUS"], ["Ordinance on an EXAMPLE"])
    assert (body["announced_date"], body["ended_date"]) == (date(2022, 3, 16), date(2024, 5, 2))
    assert body["country_codes"] == ["BLR"]  # of the place of its address
    assert (ship["subject_type"], ship["announced_date"]) == ("vessel", None)
    assert rows.rejected.select("row", "column", "value").rows() == [(4, "subject_type", "spacecraft")]


def test_an_order_that_is_no_number_leaves_a_part_where_it_is(tmp_path: Path) -> None:
    text = (FIXTURES / "lists" / "swiss_seco.xml").read_text(encoding="utf-8")
    path = tmp_path / "x.xml"
    path.write_text(text.replace('order="2"', 'order="-"', 1), encoding="utf-8")
    assert read_swiss_seco(path, source_id="ch").accepted["subject_name"][0] == "Exemplar Arno"


def test_a_subject_that_was_listed_again_is_listed_since_then(tmp_path: Path) -> None:
    text = (FIXTURES / "lists" / "swiss_seco.xml").read_text(encoding="utf-8")
    end = '<modification modification-type="de-listed" publication-date="2024-05-01" effective-date="2024-05-02"/>'
    again = '<modification modification-type="listed" publication-date="2025-01-01"/>'
    path = tmp_path / "x.xml"
    path.write_text(text.replace(end, end + again), encoding="utf-8")
    body = read_swiss_seco(path, source_id="ch").accepted.row(1, named=True)
    assert (body["announced_date"], body.get("ended_date")) == (date(2025, 1, 1), None)
    path.write_text(text.replace(end, end + again + end.replace("2024", "2026")), encoding="utf-8")
    body = read_swiss_seco(path, source_id="ch").accepted.row(1, named=True)
    assert (body["announced_date"], body["ended_date"]) == (date(2025, 1, 1), date(2026, 5, 2))


def test_a_subject_under_several_programmes_has_them_all_and_no_day(tmp_path: Path) -> None:
    text = (FIXTURES / "lists" / "swiss_seco.xml").read_text(encoding="utf-8")
    second = '<sanctions-program ssid="30"><program-name lang="eng">Ordinance TWO</program-name>'
    second += '<sanctions-set lang="eng" ssid="31">Annex 1</sanctions-set></sanctions-program>'
    text = text.replace(' <place ssid="20">', second + ' <place ssid="20">', 1)
    path = tmp_path / "x.xml"
    for old, new in (
        ("11</sanctions-set-id>", "11</sanctions-set-id><sanctions-set-id>31</sanctions-set-id>"),
        (
            '<target ssid="901"><sanctions-set-id>11</sanctions-set-id>',
            '<target ssid="901" sanctions-set-id="11 31">',
        ),
    ):
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        person = read_swiss_seco(path, source_id="ch").accepted.row(0, named=True)
        assert person["programmes"] == ["Ordinance on an EXAMPLE", "Ordinance TWO"]
        assert (person["programme_dates"], person["announced_date"]) == ([None, None], None)
