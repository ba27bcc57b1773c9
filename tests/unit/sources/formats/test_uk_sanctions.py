"""The UK Sanctions List as CSV and as XML."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.uk_sanctions import read_uk_sanctions_csv, read_uk_sanctions_xml
from retorsion.sources.readers import recognise

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


def written(folder: Path, *rows: dict[str, str], banner: str = "Report Date: 08-Oct-2026") -> Path:
    head = next(csv.reader([CSV.read_text(encoding="utf-8-sig").splitlines()[1]]))
    usual = {"Name type": "Primary Name", "Regime Name": "Russia", "Designation Type": "Individual",
             "Date Designated": "15/03/2022"}  # fmt: skip
    path = folder / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(f"{banner}\r\n")
        writer = csv.DictWriter(file, head)
        writer.writeheader()
        writer.writerows(usual | row for row in rows)
    return path


def test_a_subject_is_called_by_its_primary_name_wherever_it_stands(tmp_path: Path) -> None:
    names = (("Primary Name Variation", "Varied"), ("Alias", "Other"), ("Primary Name", "Listed"))
    rows = [{"Unique ID": "R1", "Name 6": name, "Name type": kind} for kind, name in names]
    found = read_uk_sanctions_csv(written(tmp_path, *rows), source_id="uk").accepted.row(0, named=True)
    assert (found["subject_name"], found["aliases"]) == ("Listed", ["Varied", "Other"])
    found = read_uk_sanctions_csv(written(tmp_path, *rows[:2]), source_id="uk").accepted.row(0, named=True)
    assert (found["subject_name"], found["aliases"]) == ("Varied", ["Other"])


@pytest.mark.parametrize(
    "day", ["15/03/2022", "15/03/2022 00:00", "15-Mar-2022", "15 March 2022", "2022-03-15"]
)
def test_a_day_may_be_written_in_many_ways(tmp_path: Path, day: str) -> None:
    path = written(tmp_path, {"Unique ID": "R1", "Name 6": "A", "Date Designated": day})
    assert read_uk_sanctions_csv(path, source_id="uk").accepted["announced_date"].to_list() == [
        date(2022, 3, 15)
    ]


@pytest.mark.parametrize("day", ["15.3.22", "soon", "03/15/2022"])
def test_what_is_no_day_is_quarantined(tmp_path: Path, day: str) -> None:
    good, bad = ({"Unique ID": f"R{n}", "Name 6": "A"} for n in (1, 2))
    rows = read_uk_sanctions_csv(written(tmp_path, good, bad | {"Date Designated": day}), source_id="uk")
    assert rows.rejected.select("row", "column", "value").rows() == [(4, "announced_date", day)]


@pytest.mark.parametrize(
    "banner", ['"Report Date: 08-Oct-2026",,,', "Report Date: 8 October 2026", "Report date: 08/10/2026"]
)
def test_the_line_above_may_be_written_otherwise(tmp_path: Path, banner: str) -> None:
    path = written(tmp_path, {"Unique ID": "R1", "Name 6": "A"}, banner=banner)
    assert len(read_uk_sanctions_csv(path, source_id="uk").accepted) == 1


@pytest.mark.parametrize(
    ("cell", "codes"),
    [("Russia/Ukraine", ["RUS", "UKR"]), ("(1) Russia (2) Ukraine", ["RUS", "UKR"]), ("Russia|Ukraine", ["RUS", "UKR"]),
     ("Russia and Belarus", ["RUS", "BLR"]), ("Bosnia and Herzegovina", ["BIH"]), ("Burma/Myanmar", ["MMR"]),
     ("Korea, North", ["PRK"]), ("Russia, Atlantis", None)],
)  # fmt: skip
def test_several_states_in_a_cell(tmp_path: Path, cell: str, codes: list[str] | None) -> None:
    path = written(tmp_path, {"Unique ID": "R1", "Name 6": "A", "Nationality(/ies)": cell})
    assert read_uk_sanctions_csv(path, source_id="uk").accepted["country_codes"].to_list() == [codes]


def test_a_list_without_the_line_above_is_known_so_that_its_reader_says_what_is_missing(
    tmp_path: Path,
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(CSV.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    assert recognise(path).name == "uk_sanctions_csv"
    with pytest.raises(SourceError, match="Report Date"):
        recognise(path).read(path, source_id="uk")
