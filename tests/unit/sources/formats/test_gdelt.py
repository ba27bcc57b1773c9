"""GDELT events in three versions, and the derived daily scores of pairs."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
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
from retorsion.sources.limits import raised
from retorsion.sources.readers import recognise
from retorsion.sources.rows import REPEATED
from retorsion.sources.states import unknown_states
from retorsion.sources.text.bulk_text import judge, read_bulk

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


@pytest.mark.parametrize("names", [("20220301.export.CSV", "20220302.export.CSV"), ("a/", "README.txt"), ()])
def test_a_zip_with_anything_else_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, V2.read_bytes())
    with pytest.raises(SourceError, match="holds"):
        read_gdelt(path, source_id="g")


def test_a_member_is_known_by_its_content_and_never_written_where_its_name_says(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../20220301.export.CSV", V2.read_bytes())
        archive.writestr("__MACOSX/._20220301.export.CSV", b"x")
    assert read_gdelt(path, source_id="g").accepted.equals(read_gdelt(V2, source_id="g").accepted)
    assert [p.name for p in tmp_path.iterdir()] == ["x.zip"]


def test_a_bomb_and_a_cut_zip_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("20220301.export.CSV", b"0" * 3_000_000)
    with (
        raised({"bulk_bytes": 1_000_000}),
        pytest.raises(SourceError, match="is too large, more than the limit"),
    ):
        read_gdelt(path, source_id="g")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(SourceError, match="cannot be read"):
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
    rows = read_bulk(Path("x"), gdelt_format(V2, V2.name), source_id="g", data=data)
    assert len(rows.accepted) == 2
    assert rows.rejected.select("row", "column", "value").rows() == [(2, column, value or None)]


def test_lines_of_another_length_are_quarantined(tmp_path: Path) -> None:
    paths = [tmp_path / "a.CSV", tmp_path / "b.CSV"]
    other = line(GLOBALEVENTID="77")
    paths[0].write_bytes(line() + b"\n" + line()[:200] + b"\n" + other + b"\n")
    paths[1].write_bytes(line() + b"\n" + line() + b"\tlate column\n" + other + b"\n")
    for path in paths:
        rows = read_gdelt(path, source_id="g")
        assert rows.rejected.select("file", "row").rows() == [(path.name, 2)]
        assert len(rows.accepted) == 2
    judged = judge(paths, pl.Series([1, 4]), gdelt_format(paths[0], "a.CSV"), source_id="g")
    assert judged.accepted.is_empty()
    assert judged.rejected.select("file", "row").rows() == [("a.CSV", 2), ("b.CSV", 2)]


def test_other_versions_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.CSV"
    path.write_bytes(b"a\tb\n")
    with pytest.raises(SourceError, match="has 2 columns where GDELT writes 61, 58, 57"):
        read_gdelt(path, source_id="g")


@settings(max_examples=EXAMPLES, deadline=None)
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


def test_codes_of_gdelts_own_table_of_countries_are_states() -> None:
    rows = read_gdelt(FIXTURES / "gdelt_cameo_codes.export.CSV", source_id="g")
    found = rows.accepted.select("actor1_state_code", "actor2_state_code").rows()
    assert found == [("MNE", "RUS"), ("IMN", "RUS"), ("JPN", "RUS")]
    assert unknown_states(rows).is_empty()


def test_the_export_of_the_translated_news_is_read() -> None:
    path = FIXTURES / "20220301001500.translation.export.CSV.zip"
    assert recognise(path).name == "gdelt"
    assert len(read_gdelt(path, source_id="g").accepted) == 2


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_a_packed_export_is_the_same(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "20220301.export.CSV"
    path.write_bytes(pack(V2.read_bytes()))
    assert read_gdelt(path, source_id="g").accepted.equals(read_gdelt(V2, source_id="g").accepted)


def test_unknown_codes_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "x.CSV"
    codes = ("QQX", "EUR", "QQX", "RUS")
    lines = (line(Actor1CountryCode=code, GLOBALEVENTID=str(n)) for n, code in enumerate(codes))
    path.write_bytes(b"\n".join(lines))
    assert unknown_states(read_gdelt(path, source_id="g")).rows() == [("QQX", 2)]


def test_an_event_that_stands_there_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "x.CSV"
    path.write_bytes(
        b"\xef\xbb\xbf" + b"\n".join([line(), line(), line(EventCode="163"), line(GLOBALEVENTID="7")])
    )
    rows = read_gdelt(path, source_id="g")
    assert rows.accepted["row"].to_list() == [1, 3, 4]  # another version of an event is no repetition
    assert rows.rejected.select("row", "reason").rows() == [(2, f"{REPEATED} 1")]
    assert rows.notes == ("rows that say the same as an earlier row, and are counted once: 1",)


@pytest.mark.real
def test_daily_scores_of_pairs(real_data: Callable[[str], Path]) -> None:
    path = real_data("gdelt/gdelt_daily_edge_RUS_JPN_dyads.csv")
    rows = read_gdelt_dyads(path, source_id="g")
    assert (len(rows.accepted), len(rows.rejected)) == (212_499, 0)
    assert rows.accepted.row(0) == (2, date(2018, 1, 1), "RUS", "AFG", -33.971)
    days = sorted({date.fromisoformat(line[:10]) for line in path.read_text().splitlines()[1:]})
    assert (days[-1] - days[0]).days + 1 - len(days) == 96
    assert rows.accepted["event_date"].unique().sort().to_list() == days


def saved(name: str, separator: str, *, header: bool, quoted: bool = False, reverse: bool = False) -> bytes:
    """An export as a program saved it."""
    lines = [line.split("\t") for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines()]
    columns = {len(one): one for one in (COLUMNS, COLUMNS_1, COLUMNS_1_EARLY)}[len(lines[0])]
    lines = [cells for cells in lines if len(cells) == len(columns)]
    whole = [list(columns), *lines] if header else lines
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=separator, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\n"
    )
    writer.writerows([cells[::-1] if reverse else cells for cells in whole])
    return text.getvalue().encode()


@pytest.mark.parametrize("name", ["20220301001500.export.CSV", "20220301.export.CSV", "200503.csv"])
@pytest.mark.parametrize(
    ("separator", "header", "quoted", "reverse"),
    [
        ("\t", True, False, False),
        (",", True, False, False),
        (",", False, False, False),
        (";", False, True, False),
        ("|", True, True, False),
        ("\t", False, True, False),
        (",", True, False, True),
    ],
)
def test_exports_that_another_program_saved_are_the_same(
    tmp_path: Path, name: str, separator: str, header: bool, quoted: bool, reverse: bool
) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(saved(name, separator, header=header, quoted=quoted, reverse=reverse))
    assert recognise(path).name == "gdelt"
    found, plain = (
        read_gdelt(path, source_id="g").accepted,
        read_gdelt(FIXTURES / name, source_id="g").accepted,
    )
    assert len(found) > 0
    assert found.drop("row").equals(plain.drop("row"))


def test_a_file_of_one_column_is_told_what_parts_columns() -> None:
    with pytest.raises(SourceError, match=r"has 1 columns .* Its columns are parted by tabs\."):
        gdelt_format(b"1 20220301\n", "x")
