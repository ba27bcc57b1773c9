"""The UK Sanctions List as CSV and as XML."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.uk_sanctions import read_uk_sanctions_csv, read_uk_sanctions_xml

CSV = FIXTURES / "lists" / "uk_sanctions_list.csv"
XML = FIXTURES / "lists" / "uk_sanctions_list.xml"
REGIME = "The Russia (Sanctions) (EU Exit) Regulations 2019"


def test_rows_of_one_id_are_one_subject() -> None:
    rows = read_uk_sanctions_csv(CSV, source_id="uk")
    person, ship = rows.accepted.to_dicts()
    assert (person["row"], person["n_rows"], person["list_number"]) == (3, 2, "RUS9001")
    assert (person["subject_name"], person["aliases"]) == ("Arno EXEMPLAR", ["Arnold EXEMPLAR"])
    assert (person["subject_country"], person["country_codes"]) == ("Russia", ["RUS"])
    assert (person["programmes"], person["programme_dates"]) == ([REGIME], [date(2022, 3, 15)])
    assert person["measures"] == "Asset freeze; Travel Ban"
    assert (ship["subject_type"], ship["announced_date"]) == ("vessel", date(2025, 5, 9))
    assert ship["measures"] == "Specified Ship"  # no asset freeze
    assert person["generated_text"] == "08-Oct-2026"


def test_each_regime_has_its_own_day(tmp_path: Path) -> None:
    lines = CSV.read_text(encoding="utf-8").splitlines()
    other = lines[3].replace(REGIME, "Another regime").replace("15/03/2022", "01/02/2023")
    path = tmp_path / "list.csv"
    path.write_text("\n".join([*lines[:3], other, *lines[4:]]) + "\n", encoding="utf-8")
    person = read_uk_sanctions_csv(path, source_id="uk").accepted.row(0, named=True)
    assert person["programmes"] == [REGIME, "Another regime"]
    assert person["programme_dates"] == [date(2022, 3, 15), date(2023, 2, 1)]


def test_a_faulty_subject_is_set_aside_with_all_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV.read_text(encoding="utf-8").replace("15/03/2022", "2022"), encoding="utf-8")
    rows = read_uk_sanctions_csv(path, source_id="uk")
    assert rows.rejected.select("row", "column", "value").rows() == [
        (3, "announced_date", "2022"),
        (4, "announced_date", "2022"),
    ]
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == 3


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Report Date: 08-Oct-2026\n", "", "Report Date"),
        ("Unique ID", "Unique Id", "Unique Id"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SourceError, match=problem):
        read_uk_sanctions_csv(path, source_id="uk")


def test_the_xml_says_the_same() -> None:
    rows = read_uk_sanctions_xml(XML, source_id="uk")
    same = (
        "list_number",
        "subject_type",
        "subject_name",
        "aliases",
        "programmes",
        "programme_dates",
        "measures",
    )
    both = read_uk_sanctions_csv(CSV, source_id="uk")
    assert rows.accepted.select(same).equals(both.accepted.select(same))
    assert rows.accepted["country_codes"].to_list() == [["RUS", "CYP"], ["PAN"]]
    assert rows.rejected.select("row", "column", "value").rows() == [(3, "announced_date", "May 2025")]
