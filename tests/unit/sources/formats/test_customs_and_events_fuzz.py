"""Every reader of customs and event files against damaged files.

Nothing but the project's own error is raised, and no line is lost: accepted and quarantined lines together
are the lines of the file. The readers of lists have tests of their own beside this.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
from damage import EXAMPLES, damaged, inside, revalued
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import FIXTURES
from retorsion.errors import RetorsionError, SourceError
from retorsion.sources.formats.baci_csv import read_baci_csv
from retorsion.sources.formats.comext import read_comext
from retorsion.sources.formats.comext_labels import read_easy_comext, read_sdmx_csv
from retorsion.sources.formats.comtrade import (
    read_comtrade_csv,
    read_comtrade_json,
)
from retorsion.sources.formats.comtrade_comtradr import read_comtradr_csv
from retorsion.sources.formats.comtrade_web import read_comtrade_web_csv
from retorsion.sources.formats.gdelt import read_gdelt
from retorsion.sources.formats.gsdb import read_gsdb
from retorsion.sources.formats.gta import read_gta
from retorsion.sources.formats.icews import read_icews
from retorsion.sources.formats.japan_customs import read_area_summary, read_time_series
from retorsion.sources.formats.japan_customs_hs9 import read_hs9
from retorsion.sources.formats.polecat import read_polecat
from retorsion.sources.formats.us_census import read_us_census
from retorsion.sources.limits import raised
from retorsion.sources.rows import Rows
from retorsion.tables.customs import from_area_summary, from_comext, from_comtrade, from_hs9, from_us_census

FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Case:
    """A reader with a file of its layout.

    Attributes:
        file: the fixture.
        read: the reader.
        n_heads: lines above the rows where a line is a row; None where quotes or blocks decide.
        per_line: accepted rows of one line.
        table: what makes the table of accepted rows.
    """

    file: str
    read: Callable[..., Rows]
    n_heads: int | None = None
    per_line: int = 1
    table: Callable[..., object] | None = None


def read_area(path: Path, *, source_id: str) -> Rows:
    return read_area_summary(path, source_id=source_id, year=2022)


CASES = {
    "gdelt": Case("events/20220301.export.CSV", read_gdelt, 0),
    "gdelt_2": Case("events/20220301001500.export.CSV", read_gdelt, 0),
    "gdelt_early": Case("events/200503.csv", read_gdelt, 0),
    "icews": Case("events/events.2014.tab", read_icews, 1),
    "polecat": Case("events/ngecEvents.20220301-20220307.txt", read_polecat, 1),
    "polecat_surplus": Case("events/ngecEvents.surplus.txt", read_polecat, 1),
    "polecat_headline": Case("events/ngecEvents.headline.txt", read_polecat, 1),
    "comext": Case("customs/full_v2_202202.dat", read_comext, 1, table=from_comext),
    "comext_older": Case("customs/nc200152.dat", read_comext, 1, table=from_comext),
    "easy_comext": Case("customs/easy_comext.csv", read_easy_comext, table=from_comext),
    "hs9": Case("customs/estat_hs9_by_country.csv", read_hs9, 1, 13, from_hs9),
    "hs9_world": Case("customs/estat_hs9_world.csv", read_hs9, 1, 13, from_hs9),
    "hs9_office": Case("customs/estat_hs9_by_office.csv", read_hs9, 1, 13, from_hs9),
    "area_summary": Case("customs/estat_area_summary.csv", read_area, table=from_area_summary),
    "time_series": Case("customs/customs_series.csv", read_time_series, table=from_area_summary),
    "comtrade_json": Case("customs/comtrade_api.json", read_comtrade_json, table=from_comtrade),
    "comtrade_csv": Case("customs/comtrade_api.csv", read_comtrade_csv, table=from_comtrade),
    "comtrade_web": Case("customs/comtrade_web.csv", read_comtrade_web_csv, table=from_comtrade),
    "comtradr": Case("customs/comtradr.csv", read_comtradr_csv, table=from_comtrade),
    "comtrade_bulk": Case("customs/comtrade_bulk.gz", read_comtrade_csv, table=from_comtrade),
    "comtradr_1": Case("customs/comtradr_1.csv", read_comtrade_csv, table=from_comtrade),
    "comtrade_latin_1": Case("customs/comtrade_site_latin1.csv", read_comtrade_csv, table=from_comtrade),
    "comtrade_commas": Case("customs/comtrade_trailing_comma.csv", read_comtrade_csv, table=from_comtrade),
    "comext_sdmx": Case("customs/comext_sdmx.csv", read_sdmx_csv, table=from_comext),
    "us_census_json": Case("customs/us_census_imports.json", read_us_census, table=from_us_census),
    "us_census_csv": Case("customs/us_census_exports.csv", read_us_census, table=from_us_census),
    "icews_2017": Case("events/events.2017.tab", read_icews, 1),
    "gta_answer": Case("lists/gta_api_answer.json", read_gta),
    "gsdb_r4": Case("lists/gsdb_r4.csv", read_gsdb),
    "baci_zip": Case("customs/BACI_HS92_V202401b.zip", read_baci_csv),
}


@pytest.mark.parametrize("name", CASES)
@FUZZ
@given(seed=st.integers(0, 2**64 - 1))
def test_damage_raises_nothing_but_our_error_and_loses_no_line(tmp_path: Path, name: str, seed: int) -> None:
    case = CASES[name]
    data = damaged((FIXTURES / case.file).read_bytes(), seed)
    path = tmp_path / Path(case.file).name
    path.write_bytes(data)
    try:
        rows = case.read(path, source_id="x")
        if case.table is not None:
            case.table(rows.accepted, source_id="x")
    except RetorsionError:
        return
    if case.n_heads is not None:
        n_lines = data.count(b"\n") + (not data.endswith(b"\n")) - case.n_heads
        assert len(rows.accepted) == (n_lines - len(rows.rejected)) * case.per_line


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if case.file.endswith((".json", ".zip"))]
)
@FUZZ
@given(seed=st.integers(0, 2**64 - 1))
def test_other_values_in_whole_files(tmp_path: Path, name: str, seed: int) -> None:
    case = CASES[name]
    change = inside if case.file.endswith(".zip") else revalued
    path = tmp_path / Path(case.file).name
    path.write_bytes(change((FIXTURES / case.file).read_bytes(), seed))
    try:
        rows = case.read(path, source_id="x")
        if case.table is not None:
            case.table(rows.accepted, source_id="x")
    except RetorsionError:
        return


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"<html><body>404</body></html>",
        b"\x1f\x8b\x08\x00" + bytes(50),
        b"\x00" * 100,
        b"\xff\xfea\x00",
    ],
    ids=["empty", "blank", "html", "gzip", "nul", "utf-16"],
)
def test_what_a_server_may_send_instead(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / Path(CASES[name].file).name
    path.write_bytes(data)
    with pytest.raises(SourceError):
        CASES[name].read(path, source_id="x")


#: A text in the first row of each file, which is made very long.
FIELDS = {
    "gdelt": b"RUSSIA",
    "icews": b"Make",
    "polecat": b"diplomatic",
    "comext": b"P_ST",
    "hs9": b"NO",
    "area_summary": b"Russia",
    "comtrade_json": b"H6",
    "comtrade_csv": b"H6",
    "comtrade_web": b"Armenia",
    "comtradr": b"Horses",
    "easy_comext": b"Armenia",
}


@pytest.mark.parametrize("name", FIELDS)
def test_ten_megabytes_in_one_field_are_read_quarantined_or_refused(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    data = (FIXTURES / case.file).read_bytes()
    assert FIELDS[name] in data
    path = tmp_path / Path(case.file).name
    path.write_bytes(data.replace(FIELDS[name], b"x" * 10_000_000, 1))
    try:
        rows = case.read(path, source_id="x")
    except SourceError:
        return
    n_lines = data.count(b"\n") + (not data.endswith(b"\n"))
    if case.n_heads is not None:
        assert len(rows.accepted) // case.per_line + len(rows.rejected) == n_lines - case.n_heads


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.n_heads is not None])
def test_lines_may_end_in_crlf(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    path = tmp_path / Path(case.file).name
    path.write_bytes((FIXTURES / case.file).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
    whole = case.read(FIXTURES / case.file, source_id="x")
    assert case.read(path, source_id="x").accepted.equals(whole.accepted)


@pytest.mark.parametrize(
    "name", ["gdelt", "icews", "polecat", "comext", "hs9", "comtrade_csv", "gta_answer", "gsdb_r4"]
)
@pytest.mark.parametrize("pack", ["gzip", "xz", "zstd", "zip"])
def test_a_packed_file_is_the_same_and_a_bomb_is_refused(tmp_path: Path, name: str, pack: str) -> None:
    case = CASES[name]
    whole = case.read(FIXTURES / case.file, source_id="x")
    path = tmp_path / "packed"
    path.write_bytes(packed((FIXTURES / case.file).read_bytes(), pack))
    assert case.read(path, source_id="x").accepted.equals(whole.accepted)
    path.write_bytes(packed(b"0" * 3_000_000, pack))
    few = {"file_bytes": 1_000_000, "bulk_bytes": 1_000_000}
    with raised(few), pytest.raises(SourceError, match="is too large, more than the limit"):
        case.read(path, source_id="x")


def packed(data: bytes, how: str) -> bytes:
    if how == "zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("member", data)
            archive.writestr("ReadMe.txt", b"read me")
        return buffer.getvalue()
    packers = {
        "gzip": gzip.compress, "xz": lzma.compress,
        "zstd": lambda text: pa.compress(text, "zstd", asbytes=True),
    }  # fmt: skip
    return packers[how](data)


@FUZZ
@given(seed=st.integers(0, 2**64 - 1), how=st.sampled_from(["gzip", "xz", "zstd", "zip"]))
def test_damaged_archives_raise_nothing_but_our_error(tmp_path: Path, seed: int, how: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(damaged(packed((FIXTURES / "events/20220301.export.CSV").read_bytes(), how), seed))
    try:
        read_gdelt(path, source_id="x")
    except RetorsionError:
        return


@pytest.mark.parametrize("name", ["comtrade_json", "gta_answer", "us_census_json"])
@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, '{"data":' * 100_000, '{"data": [' + "[" * 100_000],
    ids=["lists", "objects", "both"],
)
def test_deep_json_is_refused(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(SourceError):
        CASES[name].read(path, source_id="x")


@pytest.mark.parametrize(
    "name", [name for name, case in CASES.items() if not case.file.endswith((".json", ".zip", ".gz"))]
)
def test_a_hundred_thousand_columns_are_refused(tmp_path: Path, name: str) -> None:
    first = (FIXTURES / CASES[name].file).read_bytes().split(b"\n")[0]
    separator = b"\t" if b"\t" in first else b","
    path = tmp_path / "wide"
    path.write_bytes(
        first.rstrip(b"\r") + b"".join(separator + b"c%d" % n for n in range(100_000)) + b"\n1\n"
    )
    with pytest.raises(SourceError):
        CASES[name].read(path, source_id="x")
