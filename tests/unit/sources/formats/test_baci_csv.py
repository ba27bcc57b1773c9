"""BACI's edition in CSV: the zip as published and its folder."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.baci_csv import baci_files, read_baci_csv
from retorsion.sources.rows import ROW
from retorsion.sources.text.bulk_text import SURE, judge, scan_files
from retorsion.tables.trade_flows import from_baci

EDITION = FIXTURES / "customs" / "BACI_HS92_V202401b.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with zipfile.ZipFile(EDITION) as archive:
        for name in archive.namelist():
            (tmp_path / name).write_bytes(archive.read(name))
    return tmp_path


def packed(path: Path, members: dict[str, str]) -> Path:
    with zipfile.ZipFile(EDITION) as source, zipfile.ZipFile(path, "w") as archive:
        texts = {name: source.read(name).decode() for name in source.namelist()} | members
        for name, text in texts.items():
            archive.writestr(name, text)
    return path


def test_the_zip_gives_the_table(tmp_path: Path) -> None:
    rows = read_baci_csv(EDITION, source_id="b")
    flows = from_baci(rows.accepted, source_id="b")
    assert flows.select(
        pl.col("period_start").dt.year(),
        "reporter_code",
        "partner_code",
        "product_code",
        "value_kusd",
        "quantity_tonnes",
    ).rows() == [
        (2021, "JPN", "RUS", "870323", 5.5, None),
        (2021, "RUS", "JPN", "271111", 2612042.962, 6202935.582),
        (2021, "TWN", "RUS", "010210", 1.25, 0.5),
        (2022, "RUS", "JPN", "271111", 3.0, 2.0),
    ]
    assert rows.rejected.select("file", "row", "column", "value").rows() == [
        ("BACI_HS92_Y2022_V202401b.csv", 3, "j", "999")
    ]


def test_the_folder_is_the_same_and_years_can_be_chosen(folder: Path) -> None:
    whole = read_baci_csv(EDITION, source_id="b")
    assert read_baci_csv(folder, source_id="b").accepted.equals(whole.accepted)
    assert read_baci_csv(folder, source_id="b", years=[2022]).accepted["year"].to_list() == [2022]
    with pytest.raises(SourceError, match=r"\[2030\].*2021 to 2022"):
        read_baci_csv(EDITION, source_id="b", years=[2021, 2030])


def test_a_stream_over_years(folder: Path) -> None:
    paths, format_ = baci_files(folder)
    scan = scan_files(paths, format_)
    found = scan.filter(SURE).select("year", "hs6").collect(engine="streaming")
    assert found.rows() == [(2021, 271111), (2021, 870323), (2021, 10210), (2022, 271111)]
    doubtful = scan.filter(~pl.col(SURE)).select(ROW).collect(engine="streaming")[ROW]
    assert judge(paths, doubtful, format_, source_id="b").rejected["file"].to_list() == [paths[1].name]


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("2021,643,392,271111,-1,2", "v"),
        ("2021,643,392,271111,abc,2", "v"),
        ("2021,643,392,271111,1,few", "q"),
        ("2021,643,392,99,1,2", "k"),
        ("MMXX,643,392,271111,1,2", "t"),
        ("2021,12x,392,271111,1,2", "i"),
        ("2021,643,392,271111,1", "field 5"),
        ("2021,643,392,271111,1,2,3", "field 7"),
    ],
)
def test_a_faulty_line_is_quarantined(folder: Path, line: str, column: str) -> None:
    (folder / "BACI_HS92_Y2021_V202401b.csv").write_text(
        f"t,i,j,k,v,q\n2021,643,392,271111,1,1\n{line}\n2021,392,643,271111,1,1\n"
    )
    rows = read_baci_csv(folder, source_id="b", years=[2021])
    assert len(rows.accepted) == 2
    assert rows.rejected.select("row", "column").rows() == [(3, column)]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("../x.csv", "", "no part of the publication"),
        ("run.py", "", "no part of the publication"),
        ("BACI_HS92_Y2021_V202401b.csv", "t,i,j,k,v\n", "lacks the columns"),
        ("country_codes_V202401b.csv", "code,name\n1,a\n", "lacks the columns"),
        ("country_codes_V202412.csv", "", "2 tables of countries"),
    ],
)
def test_an_edition_with_anything_else_is_refused(tmp_path: Path, name: str, text: str, problem: str) -> None:
    path = packed(tmp_path / "x.zip", {name: text})
    with pytest.raises(SourceError, match=problem):
        read_baci_csv(path, source_id="b")


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"<html>")
    with pytest.raises(SourceError, match="not a readable zip"):
        read_baci_csv(path, source_id="b")


@settings(max_examples=100, deadline=None)
@given(noise=st.binary(min_size=1, max_size=20), place=st.integers(0, 1040))
def test_no_bytes_raise_anything_but_our_error(
    noise: bytes, place: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("baci") / "x.zip"
    whole = EDITION.read_bytes()
    path.write_bytes(whole[:place] + noise + whole[place + len(noise) :])
    try:
        rows = read_baci_csv(path, source_id="b")
    except RetorsionError:
        return
    assert len(rows.accepted) + len(rows.rejected) == 5
