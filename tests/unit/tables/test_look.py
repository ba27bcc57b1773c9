"""One look at a file: what it is, what was accepted, what is unknown, and the first rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from places import FIXTURES
from retorsion.errors import ParameterError, SourceError
from retorsion.tables.look import N_SHOWN, look

LISTS = FIXTURES / "lists"
CUSTOMS = FIXTURES / "customs"


def test_a_list_is_shown_as_designations() -> None:
    found = look(str(LISTS / "ofac_sdn.csv"))
    assert (found.reader, found.accepted, len(found.quarantined)) == ("ofac_sdn", 4, 0)
    assert len(found.rows) == 6  # the first subject stands under three programmes
    assert found.rows[0]["list_number"] == "101"
    assert "no day of designation" in found.notes[0]


def test_quarantined_rows_are_told_with_place_and_remedy(tmp_path: Path) -> None:
    path = tmp_path / "sdn.csv"
    text = (LISTS / "ofac_sdn.csv").read_bytes()
    first = text.split(b"\r\n")[0]
    path.write_bytes(text.rstrip(b"\x1a") + first + b"\r\n")
    (bad,) = look(path).quarantined
    assert set(bad) == {"row", "column", "value", "reason", "remedy"}
    assert (bad["column"], bad["value"]) == ("ent_num", "101")


def test_flows_are_shown_as_flows_and_options_are_asked_for(tmp_path: Path) -> None:
    found = look(CUSTOMS / "BACI_HS92_V202401b.zip")
    assert {"reporter_code", "partner_code", "value_kusd", "source_id"} <= set(found.rows[0])
    both = look(CUSTOMS / "easy_comext.csv")  # months and years: what to build of them has to be said
    assert "source_id" not in both.rows[0]
    assert any("n_months" in note or "lengths" in note for note in both.notes)
    assert len(found.rows) <= N_SHOWN
    with pytest.raises(ParameterError, match="does not state its year"):
        look(CUSTOMS / "estat_area_summary.csv")
    assert look(CUSTOMS / "estat_area_summary.csv", options={"year": 2022}).accepted > 0


def test_a_state_that_no_table_knows_is_named_with_its_count(tmp_path: Path) -> None:
    path = tmp_path / "ConList.csv"
    text = (LISTS / "ofsi_ConList.csv").read_text(encoding="utf-8-sig")
    assert ",Russia," in text
    path.write_text(text.replace(",Russia,", ",Ruritania,"), encoding="utf-8")
    states = look(path).unknown["states"]
    assert list(states) == ["Ruritania"]
    assert states["Ruritania"] >= 1


def test_a_look_is_json() -> None:
    for path in (LISTS / "eu_fsf_full_1_1.csv", LISTS / "gsdb_r3.csv", CUSTOMS / "easy_comext.csv"):
        told = json.loads(json.dumps(look(path).as_json()))
        assert set(told) == {"reader", "what", "accepted", "quarantined", "unknown", "notes", "rows"}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "a.csv",
            "case,sanctioned_states,sanctioning_state\n1,RUS,USA\n",
            ["CSV", "gsdb", "sanctioned_state"],
        ),
        (
            "a.xml",
            "<?xml version='1.0'?><FOO_LIST><A/></FOO_LIST>",
            ["XML with FOO_LIST", "The nearest formats are"],
        ),
        ("a.json", '{"observations": [1], "meta": {}}', ["JSON with observations, meta"]),
        ("ALT.CSV", '1,2,"aka","A",-0- \n', ["CSV without a header, 5 columns wide"]),
        ("a.txt", "just words\n", ["is text"]),
    ],
)
def test_an_unknown_file_is_described_with_the_nearest_formats(
    tmp_path: Path, name: str, content: str, words: list[str]
) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    with pytest.raises(SourceError) as caught:
        look(path)
    message = str(caught.value)
    for word in words:
        assert word in message
    assert message.count("(") < 8
    assert "The nearest formats are" in message or "No known format is like it" in message


@pytest.mark.real
@pytest.mark.parametrize("name", ["ofac/sdn_2021-08-18.csv", "ofac/sdn_2024-05-03.csv"])
def test_a_real_list_has_as_many_subjects_as_the_csv_module_counts(
    real_data: Callable[[str], Path], name: str
) -> None:
    with real_data(name).open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file) if len(row) == 12]
    found = look(real_data(name))
    assert (found.accepted, found.quarantined) == (len(rows), ())
    assert found.unknown == {"states": {}, "codes": {}}
    programmes = {one for row in rows for one in row[3].split("] [")}
    assert {row["programme"] for row in found.rows} <= programmes


def test_what_a_reader_asks_for_is_nothing_that_a_build_has_to_know() -> None:
    months = look(CUSTOMS / "hs9_closed_year.csv", options={"as_of": "2026-11-01"})
    assert any("rows of trade_flows" in note for note in months.notes)
    assert not any("has no option" in note for note in months.notes)
