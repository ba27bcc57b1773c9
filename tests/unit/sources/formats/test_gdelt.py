"""GDELT events in three versions, and the derived daily scores of pairs."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.gdelt import (
    COLUMNS,
    COLUMNS_1,
    COLUMNS_1_EARLY,
    gdelt_format,
    read_gdelt,
    read_gdelt_dyads,
)
from retorsion.sources.rows import ROW
from retorsion.sources.text.bulk_text import SURE, judge, read_bulk, scan_files

FIXTURES = FIXTURES / "events"
V2 = FIXTURES / "20220301001500.export.CSV"


def test_the_columns_of_each_version() -> None:
    assert (len(COLUMNS), len(COLUMNS_1), len(COLUMNS_1_EARLY)) == (61, 58, 57)
    assert COLUMNS[:7] == (
        "GLOBALEVENTID",
        "SQLDATE",
        "MonthYear",
        "Year",
        "FractionDate",
        "Actor1Code",
        "Actor1Name",
    )
    assert (COLUMNS[25], COLUMNS[26], COLUMNS[34], COLUMNS[35]) == (
        "IsRootEvent",
        "EventCode",
        "AvgTone",
        "Actor1Geo_Type",
    )
    assert COLUMNS[51:] == (
        *("ActionGeo_Type", "ActionGeo_FullName", "ActionGeo_CountryCode", "ActionGeo_ADM1Code"),
        *("ActionGeo_ADM2Code", "ActionGeo_Lat", "ActionGeo_Long", "ActionGeo_FeatureID"),
        *("DATEADDED", "SOURCEURL"),
    )


def test_version_2() -> None:
    rows = read_gdelt(V2, source_id="g")
    assert rows.rejected.is_empty()
    assert len(rows.accepted) == 3
    first = rows.accepted.row(0, named=True)
    assert (first["event_id"], first["event_date"]) == (1034567890, date(2022, 3, 1))
    assert (first["cameo_code"], first["cameo_root_code"], first["goldstein_score"]) == ("0311", "03", 5.2)
    assert (first["actor1_state_code"], first["actor2_state_code"]) == ("JPN", "RUS")
    assert (first["place_fips_code"], first["place_state_code"]) == ("RS", "RUS")  # not Serbia
    assert (first["actor1_place_fips_code"], first["actor1_place_state_code"]) == ("JA", "JPN")
    assert (first["n_mentions"], first["n_sources"], first["quad_class"]) == (10, 2, 1)
    assert first["added_time"] == datetime(2022, 3, 1, 0, 15)
    assert first["source_url"] == "https://example.org/a"
    second, third = rows.accepted.row(1, named=True), rows.accepted.row(2, named=True)
    assert (second["actor1_country_code"], second["actor1_state_code"]) == ("EUR", None)  # a region
    assert (third["actor2_country_code"], third["goldstein_score"]) == (None, None)
    assert third["actor1_place_state_code"] == "CHN"  # CH is Switzerland in ISO 3166


def test_version_1() -> None:
    rows = read_gdelt(FIXTURES / "20220301.export.CSV", source_id="g").accepted
    assert rows.select("event_date", "added_time", "place_adm2_code").rows() == [
        (date(2022, 3, 1), datetime(2022, 3, 1), None),
        (date(2012, 3, 1), datetime(2022, 3, 1), None),
    ]
    early = read_gdelt(FIXTURES / "200503.csv", source_id="g").accepted
    assert early.select("event_date", "source_url", "place_state_code").rows() == [
        (date(2005, 3, 1), None, "RUS")
    ]


def test_the_zip_as_published_is_the_same() -> None:
    assert read_gdelt(FIXTURES / "20220301001500.export.CSV.zip", source_id="g").accepted.equals(
        read_gdelt(V2, source_id="g").accepted
    )


@pytest.mark.parametrize(
    "names",
    [
        ("../20220301.export.CSV",),
        ("/20220301.export.CSV",),
        ("20220301.export.CSV", "20220302.export.CSV"),
        ("20220301.export.CSV", "setup.py"),
        (),
    ],
)
def test_a_zip_with_anything_else_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, V2.read_bytes())
    with pytest.raises(SourceError, match="holds"):
        read_gdelt(path, source_id="g")
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_a_bomb_and_a_cut_zip_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("20220301.export.CSV", b"0" * 3_000_000)
    monkeypatch.setattr("retorsion.sources.formats.gdelt.MAX_MEMBER", 1_000_000)
    with pytest.raises(SourceError, match="more than 1000000 bytes"):
        read_gdelt(path, source_id="g")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceError, match="zip"):
        read_gdelt(path, source_id="g")


def line(**changes: str) -> bytes:
    cells = dict(zip(COLUMNS, V2.read_text().splitlines()[0].split("\t"), strict=True)) | changes
    return "\t".join(cells.values()).encode()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("GLOBALEVENTID", "12x"),
        ("SQLDATE", "20220230"),
        ("SQLDATE", "2022031"),
        ("EventCode", "---"),
        ("QuadClass", "5"),
        ("IsRootEvent", "yes"),
        ("GoldsteinScale", "high"),
        ("NumMentions", "-1"),
        ("NumArticles", ""),
        ("AvgTone", "inf"),
        ("ActionGeo_Lat", "55.7522#"),
        ("DATEADDED", "20220301"),
    ],
)
def test_a_faulty_line_is_quarantined(column: str, value: str) -> None:
    data = b"\n".join([line(), line(**{column: value}), line()])
    rows = read_bulk(Path("x"), gdelt_format([V2]), source_id="g", data=data)
    assert len(rows.accepted) == 2
    assert rows.rejected.select("row", "column", "value").rows() == [(2, column, value or None)]


def test_lines_of_another_length_are_quarantined_in_a_stream(tmp_path: Path) -> None:
    paths = [tmp_path / "a.CSV", tmp_path / "b.CSV"]
    paths[0].write_bytes(line() + b"\n" + line()[:200] + b"\n" + line() + b"\n")
    paths[1].write_bytes(line() + b"\n" + line() + b"\tlate column\n" + line() + b"\n")
    scan = scan_files(paths, gdelt_format(paths))
    assert scan.filter(SURE).select("event_id").collect(engine="streaming").height == 4
    doubtful = scan.filter(~pl.col(SURE)).select(ROW).collect(engine="streaming")[ROW]
    judged = judge(paths, doubtful, gdelt_format(paths), source_id="g")
    assert judged.accepted.is_empty()
    assert judged.rejected.select("file", "row").rows() == [("a.CSV", 2), ("b.CSV", 2)]
    for path in paths:  # the whole-file reader finds the same
        assert read_gdelt(path, source_id="g").rejected["row"].to_list() == [2]


def test_versions_are_not_mixed_and_others_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="another layout"):
        gdelt_format([V2, FIXTURES / "200503.csv"])
    path = tmp_path / "x.CSV"
    path.write_bytes(b"a\tb\n")
    with pytest.raises(SourceError, match="has 2 columns where GDELT writes 61, 58, 57"):
        read_gdelt(path, source_id="g")


@settings(max_examples=200, deadline=None)
@given(noise=st.binary(max_size=40), place=st.integers(0, 900))
def test_no_bytes_raise_anything_but_our_error_and_no_line_is_lost(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("gdelt") / "x.CSV"
    data = V2.read_bytes()[:place] + noise + V2.read_bytes()[place:]
    path.write_bytes(data)
    try:
        rows = read_gdelt(path, source_id="g")
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.real
def test_daily_scores_of_pairs(real_data: Callable[[str], Path]) -> None:
    rows = read_gdelt_dyads(real_data("gdelt/gdelt_daily_edge_RUS_JPN_dyads.csv"), source_id="g")
    assert (len(rows.accepted), len(rows.rejected)) == (212_499, 0)
    assert rows.accepted.row(0) == (2, date(2018, 1, 1), "RUS", "AFG", -33.971)
