"""BACI's edition in CSV: the zip as published and its folder."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import polars as pl
import pytest
from damage import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.baci_csv import read_baci_csv
from retorsion.sources.readers import recognise
from retorsion.sources.rows import REPEATED
from retorsion.tables.builders import build_flows
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


@pytest.mark.parametrize(
    ("name", "revision"),
    [("92", 0), ("96", 1), ("02", 2), ("07", 3), ("12", 4), ("17", 5), ("22", 6)],
)
def test_the_revision_is_read_from_the_names(folder: Path, name: str, revision: int) -> None:
    for path in list(folder.iterdir()):
        path.rename(path.with_name(path.name.replace("HS92", f"HS{name}")))
    flows = from_baci(read_baci_csv(folder, source_id="b").accepted, source_id="b")
    assert flows["product_system"].unique().to_list() == [f"hs6_h{revision}"]


def test_an_edition_of_2017() -> None:
    rows = read_baci_csv(FIXTURES / "customs" / "BACI_HS17.zip", source_id="b")
    flows = from_baci(rows.accepted, source_id="b")
    assert flows.select(
        "product_system", "reporter_code", "partner_code", "product_code", "value_kusd", "quantity_tonnes"
    ).rows() == [
        ("hs6_h5", "JPN", "RUS", "270900", 12.5, None),
        ("hs6_h5", "RUS", "JPN", "010121", 3.142, 0.5),
        ("hs6_h5", "TWN", "RUS", "854231", 1.0, 0.001),
    ]


def test_an_edition_before_2024_has_another_table_of_countries_in_latin_1() -> None:
    rows = read_baci_csv(FIXTURES / "customs" / "BACI_before_2024.zip", source_id="b")
    flows = from_baci(rows.accepted, source_id="b")
    assert flows.select(
        "product_system", "reporter_code", "partner_code", "product_code", "value_kusd", "quantity_tonnes"
    ).rows() == [
        ("hs6_h0", "CIV", "JPN", "180100", 2.25, None),
        ("hs6_h0", "RUS", "JPN", "270900", 3.5, 0.5),
    ]


def test_several_revisions_are_an_error_that_names_them(folder: Path) -> None:
    year = folder / "BACI_HS92_Y2022_V202401b.csv"
    year.rename(folder / "BACI_HS17_Y2022_V202401b.csv")
    with pytest.raises(SourceError, match=r"several revisions.*HS17, HS92"):
        read_baci_csv(folder, source_id="b")
    parts = [
        read_baci_csv(FIXTURES / "customs" / name, source_id="b").accepted
        for name in ("BACI_HS17.zip", "BACI_before_2024.zip")
    ]
    with pytest.raises(RetorsionError, match="hs6_h0 and hs6_h5"):
        build_flows("baci_csv", parts, source_id="b", options={})


def test_one_year_alone_is_read_by_the_table_beside_it_or_by_the_numbers_of_comtrade(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    year = folder / "BACI_HS92_Y2021_V202401b.csv"
    beside = read_baci_csv(year, source_id="b")
    assert beside.notes == ()
    alone = tmp_path_factory.mktemp("alone") / f"{year.name}.gz"
    alone.write_bytes(gzip.compress(year.read_bytes()))
    by_number = read_baci_csv(alone, source_id="b")
    assert "numbers are read as those of UN Comtrade" in by_number.notes[0]
    assert from_baci(by_number.accepted, source_id="b").equals(from_baci(beside.accepted, source_id="b"))
    assert recognise(alone).name == recognise(year).name == recognise(folder).name == "baci_csv"
    nameless = alone.with_name("trade.csv")
    nameless.write_bytes(year.read_bytes())
    with pytest.raises(SourceError, match="does not say which revision"):
        read_baci_csv(nameless, source_id="b")


def test_a_zip_may_hold_its_folder(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("zip") / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for member in folder.iterdir():
            archive.write(member, f"BACI_HS92_V202401b/{member.name}")
    assert read_baci_csv(path, source_id="b").accepted.equals(read_baci_csv(EDITION, source_id="b").accepted)


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
        ("country_codes_V202401b.csv", "code,name\n1,a\n", "no table of countries"),
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
    with pytest.raises(SourceError, match="does not say which revision"):
        read_baci_csv(path, source_id="b")


@settings(max_examples=EXAMPLES, deadline=None)
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


def test_a_flow_that_stands_there_twice_counts_once_and_two_versions_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "BACI_HS12_Y2022_V202401b.csv"
    path.write_text("t,i,j,k,v,q\n2022,643,392,270900,3.5,0.5\n2022,643,392,270900,3.5,0.5\n")
    rows = read_baci_csv(path, source_id="b")
    assert rows.accepted["value_kusd"].to_list() == [3.5]
    assert rows.rejected.select("row", "reason").rows() == [(3, f"{REPEATED} 2")]
    path.write_text("t,i,j,k,v,q\n2022,643,392,270900,3.5,0.5\n2022,643,392,270900,4.5,0.5\n")
    with pytest.raises(SourceError, match="row 3: says something else than row 2"):
        read_baci_csv(path, source_id="b")


def test_a_former_state_without_a_code_in_the_table_is_the_one_of_its_number(tmp_path: Path) -> None:
    table = "country_code,country_name,country_iso2,country_iso3\n58,Belgium-Luxembourg (...1998),,\n392,Japan,JP,JPN\n"
    path = tmp_path / "BACI_HS92_V202401b.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("country_codes_V202401b.csv", table)
        archive.writestr(
            "BACI_HS92_Y1997_V202401b.csv",
            "t,i,j,k,v,q\n1997,58,392,270900,3.5,NA\n1997,999,392,270900,1,1\n",
        )
    rows = read_baci_csv(path, source_id="b")
    assert rows.accepted["exporter_code"].to_list() == ["BEL"]
    assert rows.rejected["value"].to_list() == ["999"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_year_saved_by_another_program_says_the_same(folder: Path, separator: str) -> None:
    path = folder / "BACI_HS92_Y2021_V202401b.csv"
    usual = read_baci_csv(path, source_id="b").accepted
    lines = [line.split(",") for line in path.read_text().splitlines()]
    saved = "\r\n".join(separator.join(f'"{cell}"' for cell in line[::-1]) for line in lines)
    path.write_text("\ufeff" + saved)
    assert recognise(path).name == "baci_csv"
    assert read_baci_csv(path, source_id="b").accepted.equals(usual)
