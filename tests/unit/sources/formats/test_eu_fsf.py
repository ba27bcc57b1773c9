"""The European Union's list: one subject from many rows, dates of designation, quarantine."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.sources.formats.eu_fsf import COLUMNS, read_eu_fsf
from retorsion.tables.look import look

LISTS = FIXTURES / "lists"
FILE = LISTS / "eu_fsf_full_1_1.csv"


def test_published_layout() -> None:
    assert len(COLUMNS) == 118
    rows = read_eu_fsf(FILE, source_id="eu")
    person, body = rows.accepted.to_dicts()
    assert (person["row"], body["row"]) == (2, 3)
    assert (person["n_rows"], body["n_rows"]) == (4, 4)
    assert person["subject_name"] == "Example Person One"
    assert person["aliases"] == ["Person E. One"]
    assert (person["subject_country"], person["country_codes"]) == ("RUSSIAN FEDERATION", ["RUS"])
    # Of its addresses one is unknown to the list, and one to us.
    assert (body["subject_country"], body["country_codes"]) == ("UNKNOWN; KOSOVO; NOWHERE; QQ", None)
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


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    text = FILE.read_text(encoding="utf-8-sig")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "eu.csv"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_an_unknown_country_loses_no_subject_and_is_named(tmp_path: Path) -> None:
    found = look(changed(tmp_path, (";RU;RUSSIAN FEDERATION;", ";ZQ;ATLANTIS;")))
    assert "9001" in {row["list_number"] for row in found.rows}
    assert found.unknown["states"].keys() >= {"ATLANTIS", "ZQ"}
    former = read_eu_fsf(changed(tmp_path, (";RU;RUSSIAN FEDERATION;", ";SU;SOVIET UNION;")), source_id="eu")
    assert former.accepted["country_codes"][0].to_list() == ["SUN"]


def test_a_day_that_stands_in_some_rows_of_a_subject_is_its_day(tmp_path: Path) -> None:
    lines = FILE.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    lines[3] = lines[3].replace(";2022-04-08;", ";;", 1)
    path = tmp_path / "eu.csv"
    path.write_text("".join(lines), encoding="utf-8")
    usual = read_eu_fsf(FILE, source_id="eu").accepted
    assert read_eu_fsf(path, source_id="eu").accepted["announced_date"].equals(usual["announced_date"])
    odd = read_eu_fsf(changed(tmp_path, (";2024-09-12;", ";12/09/2024;")), source_id="eu").accepted
    assert odd["regulation_published_date"].null_count() == len(odd) == len(usual)
