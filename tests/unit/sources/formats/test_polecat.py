"""POLECAT, well-formed and as malformed as it is published."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.polecat import COLUMNS, read_polecat
from retorsion.sources.readers import recognise

FIXTURES = FIXTURES / "events"
WEEK = FIXTURES / "ngecEvents.20220301-20220307.txt"


def test_a_week() -> None:
    rows = read_polecat(WEEK, source_id="p")
    assert len(COLUMNS) == 40
    assert rows.rejected.is_empty()
    first = rows.accepted.row(0, named=True)
    assert (first["event_date"], first["publication_date"]) == (date(2022, 3, 1), date(2022, 3, 2))
    assert (first["plover_category"], first["plover_mode"], first["intensity"]) == (
        "SANCTION",
        "restrict",
        -6.0,
    )
    assert (first["actor_state_code"], first["recipient_state_code"]) == ("JPN", "RUS")
    assert first["actor_title"] is None  # published as None
    second, third = rows.accepted.row(1, named=True), rows.accepted.row(2, named=True)
    assert (second["actor_countries"], second["actor_state_code"]) == ("USA;GBR", None)  # two states
    assert (third["actor_countries"], third["actor_state_code"]) == (None, "CHN")  # by its COW number


@pytest.mark.parametrize("name", ["ngecEvents.headline.txt", "ngecEvents.surplus.txt"])
def test_malformed_files_as_published_give_the_same_rows(name: str) -> None:
    rows = read_polecat(FIXTURES / name, source_id="p")
    assert rows.rejected.is_empty()
    assert rows.accepted.equals(read_polecat(WEEK, source_id="p").accepted)


def test_a_zip_of_a_year_is_read() -> None:
    path = FIXTURES / "ngecEventsDV-2022.txt.zip"
    assert recognise(path).name == "polecat"
    assert read_polecat(path, source_id="p").accepted.equals(read_polecat(WEEK, source_id="p").accepted)


def test_surplus_fields_must_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    text = (FIXTURES / "ngecEvents.surplus.txt").read_text().splitlines()
    path.write_text("\n".join([*text[:2], text[2][:-1] + "what\t", text[3]]) + "\n")
    rows = read_polecat(path, source_id="p")
    assert len(rows.accepted) == 2
    assert rows.rejected.select("row", "column", "value").rows() == [(3, "surplus 1", "what")]


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("2022-03-01\tSANCTION", "1 March\tSANCTION", "Event Date"),
        ("SANCTION", "SANCTIONS", "Event Type"),
        ("-6.0", "hostile", "Intensity"),
        ("55.75", "north", "Latitude"),
        ("Kyodo\t", "Kyodo\t\t", "field 41"),
    ],
)
def test_a_faulty_line_is_quarantined(tmp_path: Path, old: str, new: str, column: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(WEEK.read_text().replace(old, new, 1))
    rows = read_polecat(path, source_id="p")
    assert len(rows.accepted) == 2
    assert rows.rejected.select("row", "column").rows() == [(2, column)]


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text(WEEK.read_text().replace("Event Mode", "Mode", 1))
    with pytest.raises(SourceError, match="Event Mode"):
        read_polecat(path, source_id="p")


@settings(max_examples=EXAMPLES, deadline=None)
@given(noise=st.binary(max_size=40), place=st.integers(0, 1340))
def test_no_bytes_raise_anything_but_our_error_and_no_line_is_lost(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("polecat") / "x.txt"
    data = WEEK.read_bytes()[:place] + noise + WEEK.read_bytes()[place:]
    path.write_bytes(data)
    try:
        rows = read_polecat(path, source_id="p")
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == data.count(b"\n") + (not data.endswith(b"\n")) - 1
