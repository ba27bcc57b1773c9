"""ICEWS, as published and as the benchmark extract."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES, ROOT
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.icews import code_texts, read_icews, read_icews_extract
from retorsion.sources.readers import recognise

FIXTURES = FIXTURES / "events"
YEAR = FIXTURES / "events.2014.tab"


def test_a_year() -> None:
    rows = read_icews(YEAR, source_id="i")
    assert rows.rejected.is_empty()
    first = rows.accepted.row(0, named=True)
    assert (first["event_id"], first["event_date"]) == (20718170, date(2014, 3, 18))
    assert (first["source_name"], first["source_state_code"]) == ("Foreign Ministry (Japan)", "JPN")
    assert (first["target_country"], first["target_state_code"]) == ("Russian Federation", "RUS")
    assert (first["cameo_code"], first["goldstein_score"]) == ("163", -8.0)
    second, third = rows.accepted.row(1, named=True), rows.accepted.row(2, named=True)
    assert (second["cameo_code"], second["place_latitude"]) == ("042", None)  # published as NULL
    assert (third["source_country"], third["source_state_code"], third["place_longitude"]) == (
        None,
        None,
        None,
    )


def test_the_year_without_codes_and_with_american_days(tmp_path: Path) -> None:
    path = FIXTURES / "events.2017.tab"
    assert recognise(path).name == "icews"
    rows = read_icews(path, source_id="i")
    assert rows.accepted.select("event_date", "cameo_code", "goldstein_score").rows() == [
        (date(2017, 1, 4), "010", 0.0),
        (date(2017, 12, 31), "163", -8.0),
    ]
    odd = tmp_path / "x.tab"
    odd.write_text(path.read_text().replace("Make statement", "Dance").replace("12/31/2017", "31/12/2017"))
    assert read_icews(odd, source_id="i").rejected.select("row", "column", "value").rows() == [
        (2, "Event Text", "Dance"),
        (3, "Event Date", "31/12/2017"),
    ]


def test_every_text_has_one_code_and_all_but_one_a_score() -> None:
    texts = code_texts()
    assert texts["Event Text"].is_unique().all()
    scores = pl.read_csv(ROOT / "data/raw/cameo_goldstein/cameo_goldstein.csv", infer_schema=False)
    # ICEWS has a code that the table of scores has not: such an event is counted without a score.
    assert set(texts["CAMEO Code"]) - set(scores["cameo_code"]) == {"1213"}


@pytest.mark.real
def test_texts_of_the_real_extract_have_its_codes(real_data: Callable[[str], Path]) -> None:
    rows = read_icews_extract(real_data("icews/icews_RUS_or_JPN_actor_events.csv"), source_id="i").accepted
    found = rows.select("event_text", "cameo_code").drop_nulls().unique()
    known = dict(code_texts().iter_rows())
    assert len(found) == 151
    assert all(known[text] == code for text, code in found.iter_rows())


def test_an_event_id_may_come_twice() -> None:
    assert read_icews(YEAR, source_id="i").accepted["event_id"].to_list().count(20718171) == 2


def test_the_zip_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "events.2014.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(YEAR.name, YEAR.read_bytes())
    whole = read_icews(YEAR, source_id="i").accepted
    assert read_icews(path, source_id="i").accepted.equals(whole)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [
        ("20718170", "x", "Event ID"),
        ("2014-03-18", "18/03/2014", "Event Date"),
        ("\t163\t", "\tsanction\t", "CAMEO Code"),
        ("-8.0", "severe", "Intensity"),
        ("35.6895", "north", "Latitude"),
        ("Kyodo\t", "Kyodo\t\t", "field 21"),
    ],
)
def test_a_faulty_line_is_quarantined(tmp_path: Path, old: str, new: str, column: str) -> None:
    path = tmp_path / "x.tab"
    path.write_text(YEAR.read_text().replace(old, new, 1))
    rows = read_icews(path, source_id="i")
    assert len(rows.accepted) == 2
    assert rows.rejected.select("row", "column").rows() == [(2, column)]


def test_another_header_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tab"
    path.write_text(YEAR.read_text().replace("CAMEO Code", "Code", 1))
    with pytest.raises(SourceError, match="CAMEO Code"):
        read_icews(path, source_id="i")


@settings(max_examples=EXAMPLES, deadline=None)
@given(noise=st.binary(max_size=40), place=st.integers(0, 740))
def test_no_bytes_raise_anything_but_our_error_and_no_line_is_lost(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("icews") / "x.tab"
    data = YEAR.read_bytes()[:place] + noise + YEAR.read_bytes()[place:]
    path.write_bytes(data)
    try:
        rows = read_icews(path, source_id="i")
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == data.count(b"\n") + (not data.endswith(b"\n")) - 1


@pytest.mark.real
def test_the_extract(real_data: Callable[[str], Path]) -> None:
    rows = read_icews_extract(real_data("icews/icews_RUS_or_JPN_actor_events.csv"), source_id="i")
    assert (len(rows.accepted), len(rows.rejected)) == (23_455, 0)
    states = pl.col("source_state_code"), pl.col("target_state_code")
    pair = rows.accepted.filter(
        states[0].is_in(["RUS", "JPN"]) & states[1].is_in(["RUS", "JPN"]) & (states[0] != states[1])
    )
    assert len(pair) == 222
    first = rows.accepted.row(0, named=True)
    assert (first["source_name"], first["source_state_code"]) == ("Armed Rebel (Russia)", "RUS")
    assert (first["cameo_code"], first["goldstein_score"]) == (None, None)
    assert rows.accepted["cameo_code"].drop_nulls().str.starts_with("0").any()
    assert rows.accepted["goldstein_score"].is_between(-10, 10).sum() == 23_455 - 249


@pytest.mark.parametrize(("code", "expected"), [("42", "042"), ("042", "042"), ("163", "163"), ("10", "10")])
def test_a_code_that_has_lost_its_zero_is_that_of_its_text(tmp_path: Path, code: str, expected: str) -> None:
    lines = YEAR.read_text().splitlines()
    head, cells = lines[0].split("\t"), lines[2].split("\t")
    assert (cells[head.index("CAMEO Code")], cells[head.index("Event Text")]) == ("042", "Make a visit")
    cells[head.index("CAMEO Code")] = code
    path = tmp_path / "x.tab"
    path.write_text("\n".join([lines[0], "\t".join(cells)]) + "\n")
    assert read_icews(path, source_id="i").accepted["cameo_code"].to_list() == [expected]
