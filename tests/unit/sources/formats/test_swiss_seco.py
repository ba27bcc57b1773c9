"""Switzerland's list."""

from __future__ import annotations

from datetime import date

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
