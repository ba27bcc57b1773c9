"""The European Union's list: one subject from many rows, dates of designation, quarantine."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.sources.formats.eu_fsf import COLUMNS, read_eu_fsf

LISTS = FIXTURES / "lists"
FILE = LISTS / "eu_fsf_full_1_1.csv"


def test_published_layout() -> None:
    assert len(COLUMNS) == 118
    rows = read_eu_fsf(FILE, source_id="eu")
    person, body = rows.accepted.to_dicts()
    assert (person["row"], body["row"]) == (2, 3)
    assert (person["n_rows"], body["n_rows"]) == (4, 3)
    assert person["subject_name"] == "Example Person One"
    assert person["aliases"] == ["Person E. One"]
    assert (person["subject_country"], person["country_codes"]) == ("RUSSIAN FEDERATION", ["RUS"])
    assert (body["subject_country"], body["country_codes"]) == ("UNKNOWN; KOSOVO", ["XKX"])
    assert (person["subject_type"], body["subject_type"]) == ("individual", "entity")
    assert (person["programmes"], body["programmes"]) == (["EXA"], ["EXB"])


def test_the_date_of_an_amendment_is_no_date_of_designation() -> None:
    person, body = read_eu_fsf(FILE, source_id="eu").accepted.to_dicts()
    assert person["announced_date"] == date(2022, 4, 8)
    assert person["regulation_published_date"] == date(2024, 9, 12)
    assert body["announced_date"] is None
    assert body["generated_date"] == date(2026, 8, 5)


def test_quarantine_and_no_row_lost() -> None:
    rows = read_eu_fsf(FILE, source_id="eu")
    assert rows.rejected.select("row", "column", "value").sort("row").rows() == [
        (10, "Address_CountryIso2Code", "QQ"),
        (11, "Entity_SubjectType", "V"),
        (12, "Entity_DesignationDate", "2022-04-08"),
        (13, "Entity_DesignationDate", "2023-01-01"),
        (14, "Entity_DesignationDate", "08/04/2022"),
    ]
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == 12


def test_a_list_saved_by_another_program_says_the_same(tmp_path: Path) -> None:
    text = FILE.read_text(encoding="utf-8-sig")
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    path = tmp_path / "eu.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([*row[::-1], "", ""] for row in rows)
    usual = read_eu_fsf(FILE, source_id="eu")
    again = read_eu_fsf(path, source_id="eu")
    assert again.accepted.equals(usual.accepted)
    assert again.rejected["row"].to_list() == usual.rejected["row"].to_list()


def test_a_short_row_is_quarantined(tmp_path: Path) -> None:
    path = tmp_path / "eu.csv"
    path.write_bytes(FILE.read_bytes() + b"05/08/2026;9009;EU.9.9\n")
    rows = read_eu_fsf(path, source_id="eu")
    assert rows.rejected.row(0, named=True)["row"] == 15
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == 13


@pytest.mark.parametrize("n_rows", [1, 9, 4000])
def test_a_file_without_any_quote_is_read(tmp_path: Path, n_rows: int) -> None:
    """Rows that end in empty cells have to be proved whole, and here no quote helps or hinders."""
    lines = FILE.read_bytes().replace(b'"', b"").splitlines(keepends=True)
    row = lines[1].rstrip(b"\r\n").rsplit(b";", 1)[0] + b";\r\n"
    path = tmp_path / "x.csv"
    path.write_bytes(lines[0] + row * n_rows)
    rows = read_eu_fsf(path, source_id="x")
    assert rows.accepted["n_rows"].sum() + len(rows.rejected) == n_rows
