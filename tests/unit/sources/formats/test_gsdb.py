"""The Global Sanctions Data Base: several states in a cell, cases that go on, Latin-1."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.gsdb import read_gsdb, state_codes

LISTS = FIXTURES / "lists"
FILE = LISTS / "gsdb_r3.csv"


def test_published_layout() -> None:
    rows = read_gsdb(FILE, source_id="gsdb")
    first, second = rows.accepted.to_dicts()
    assert (first["target_codes"], first["sender_codes"]) == (["EGY", "SYR"], ["G7", "EU"])
    assert (second["target_codes"], second["sender_codes"]) == (["PRK"], ["DNK", "NLD", "SWE"])
    assert (first["begin_year"], first["end_year"]) == (1990, None)
    assert (second["begin_year"], second["end_year"]) == (1998, 2001)
    assert first["trade_scopes"] == ["exp_part", "imp_compl"]
    assert second["trade_scopes"] is None
    assert first["instruments"] == ["trade", "arms"]
    assert first["objectives"] == ["prevent_war", "policy_change"]
    assert first["outcomes"] == ["ongoing", "ongoing"]


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("gsdb_r3_ended_2022.csv", {"901": 2022, "902": None, "903": 2021}),
        ("gsdb_r4.csv", {"901": 2022, "902": None, "1519": None}),
        ("gsdb_r4_whole.csv", {str(n): 2016 for n in range(1, 13)} | {"1501": 2022, "1601": None}),
    ],
)
def test_the_outcome_says_whether_a_case_goes_on(name: str, ends: dict[str, int | None]) -> None:
    rows = read_gsdb(LISTS / name, source_id="gsdb")
    assert rows.rejected.is_empty()
    assert dict(rows.accepted.select("case_id", "end_year").rows()) == ends


def test_a_release_may_be_in_utf_8_or_packed(tmp_path: Path) -> None:
    text = (LISTS / "gsdb_r4.csv").read_text().replace("Kazakhstan", "Côte d'Ivoire")
    for data in (text.encode(), text.encode("latin-1"), gzip.compress(b"\xef\xbb\xbf" + text.encode())):
        path = tmp_path / "gsdb.csv"
        path.write_bytes(data)
        assert read_gsdb(path, source_id="gsdb").accepted["sender_codes"].to_list()[-1] == ["CIV"]


def test_quarantine_and_no_row_lost() -> None:
    rows = read_gsdb(FILE, source_id="gsdb")
    assert rows.rejected.select("row", "column", "value").rows() == [
        (4, "sanctioning_state", "Atlántida"),  # read as Latin-1
        (5, "end", "1998"),
        (6, "descr_trade", None),
        (7, "descr_trade", "exp_some"),
        (8, "objective", "revenge"),
        (9, "end", "-99"),
    ]
    assert len(rows.accepted) + len(rows.rejected) == 8


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        ("Congo, Democratic Republic of the, Eritrea, Ethiopia (excludes Eritrea)", ["COD", "ERI", "ETH"]),
        ("Jordan, Libya, Yemen, North, Niger", ["JOR", "LBY", "YEM", "NER"]),
        ("Poland,Hungary", ["POL", "HUN"]),
        ("Korea, North, Korea, South", ["PRK", "KOR"]),
        ("United States, Atlantis", None),
        ("Korea", None),
        ("", None),
        (",", None),
    ],
)
def test_states_of_a_cell(cell: str, codes: list[str] | None) -> None:
    assert state_codes(cell) == codes


def test_another_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gsdb.csv"
    path.write_bytes(FILE.read_bytes().replace(b"success", b"success,year", 1))
    with pytest.raises(SourceError, match="year"):
        read_gsdb(path, source_id="gsdb")
