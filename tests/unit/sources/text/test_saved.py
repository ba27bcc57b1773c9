"""Bulk text that another program has saved."""

from __future__ import annotations

import codecs
import csv
import io
import zipfile
from pathlib import Path

import polars as pl
import pytest
from places import FIXTURES
from retorsion.errors import SourceError
from retorsion.sources.formats.baci_csv import read_baci_csv
from retorsion.sources.readers import recognise
from retorsion.sources.text.bulk_text import BulkFormat
from retorsion.sources.text.headers import SEPARATORS
from retorsion.sources.text.saved import as_published_text

COLUMNS = ("t", "name", "v")
FORMATS = {COLUMNS: BulkFormat("Nobody", COLUMNS, ",", True, {"number": pl.col("v").cast(pl.Int64)}, ())}
AS_PUBLISHED = b"t,name,v\n2022,Mu,5\n2023,,6\n"


@pytest.mark.parametrize(
    "data",
    [
        AS_PUBLISHED,
        b"\xef\xbb\xbf" + AS_PUBLISHED,
        b't;name;v\r\n2022;Mu;5\r\n2023;;6\r\n',
        b'"t"\t"name"\t"v"\n2022\t"Mu"\t5\n2023\t""\t6',
        b"v,t,name\n5,2022,Mu\n6,2023,\n",
        b't,name,v,,\n2022,Mu,5,,\n2023,,6,,\n',
        b't,name,v\n2022,"Mu",5\n2023,,6\n',
    ],
)  # fmt: skip
def test_what_a_program_adds_is_taken_away(data: bytes) -> None:
    made = as_published_text(data, "x", FORMATS)
    assert made == (data if data == AS_PUBLISHED or data.startswith(b"t,name,v\n") else AS_PUBLISHED)


def test_a_line_of_another_length_stays_to_be_quarantined() -> None:
    made = as_published_text(b"t;name;v\n2022;Mu\n2023;a;6;7\n", "x", FORMATS)
    assert made == b"t,name,v\n2022,Mu\n2023,a,6,7\n"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b't;name;v\n2022;"Mu, Atlantis";5\n', "row 2: is not saved as it was published"),
        (b't;name;v\n2022;"Mu\nx";5\n', "a line break in a cell"),
        (b't;name;v\n2022;"Mu;5\n', "is not well-formed"),
        (b"t;name;v\n2022;\xff;5\n", "is not well-formed"),
    ],
)
def test_what_cannot_be_written_as_published_is_an_error(data: bytes, problem: str) -> None:
    with pytest.raises(SourceError, match=problem):
        as_published_text(data, "x", FORMATS)


def test_another_layout_is_left_for_the_reader_to_name() -> None:
    assert as_published_text(b"a;b;c\n1;2;3\n", "x", FORMATS) == b"a;b;c\n1;2;3\n"


@pytest.mark.parametrize(
    "data", [b"2022;Mu;5\n2023;;6\n", b'"2022","Mu","5"\n"2023","","6"\n', b"2022\tMu\t5\n2023\t\t6\n"]
)
def test_a_text_without_a_header_is_known_by_its_width(data: bytes) -> None:
    assert as_published_text(data, "x", FORMATS, widths=(3,)) == b"2022,Mu,5\n2023,,6\n"
    assert as_published_text(data, "x", FORMATS, widths=(4,)) == data
    assert as_published_text(data, "x", FORMATS) == data


#: Published tables, each of which another program may have saved.
PUBLISHED = (
    "customs/comtrade_api.csv",
    "customs/comtrade_web.csv",
    "customs/comtradr.csv",
    "customs/easy_comext.csv",
    "customs/estat_hs9_by_country.csv",
    "customs/full_v2_202202.dat",
    "customs/nc200152.dat",
    "customs/us_census_exports.csv",
    "events/events.2014.tab",
    "events/events.2017.tab",
    "events/ngecEvents.20220301-20220307.txt",
    "lists/eu_fsf_full_1_0.csv",
    "lists/eu_fsf_full_1_1.csv",
    "lists/gsdb_r3.csv",
    "lists/gta_interventions.csv",
    "lists/mof_shisantouketsu.csv",
    "lists/ofac_cons_prim.csv",
    "lists/ofac_sdn.csv",
    "lists/ofsi_2020_layout.csv",
    "lists/ofsi_ConList.csv",
    "lists/opensanctions_statements.csv",
    "lists/opensanctions_targets.simple.csv",
    "lists/uk_sanctions_list.csv",
)


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("separator", [";", "\t"])
@pytest.mark.parametrize("file", PUBLISHED)
def test_every_table_may_be_saved_by_another_program(
    tmp_path: Path, file: str, separator: str, mark: bytes
) -> None:
    known = recognise(FIXTURES / file)
    plain = known.read(FIXTURES / file, source_id="x")
    data = (FIXTURES / file).read_bytes()
    encoding = "latin-1" if file.endswith(("gsdb_r3.csv", "comtradr.csv")) else "utf-8"
    text = data.removeprefix(codecs.BOM_UTF8).decode(encoding).removesuffix("\x1a")
    used = max(SEPARATORS, key=text.count)
    quoted = csv.QUOTE_MINIMAL if file.endswith((".tab", ".dat")) else csv.QUOTE_ALL
    written = io.StringIO()
    csv.writer(written, delimiter=separator, quoting=quoted).writerows(
        csv.reader(io.StringIO(text, newline=""), delimiter=used)
    )
    path = tmp_path / "saved.csv"
    path.write_bytes(mark + written.getvalue().encode())
    assert recognise(path).name == known.name
    saved = known.read(path, source_id="x")
    assert saved.accepted.equals(plain.accepted)
    assert saved.rejected.select("row", "column", "value").equals(
        plain.rejected.select("row", "column", "value")
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_year_of_baci_may_be_saved_by_another_program(tmp_path: Path, order: int) -> None:
    with zipfile.ZipFile(FIXTURES / "customs/BACI_HS92_V202401b.zip") as archive:
        archive.extractall(tmp_path)
    path = tmp_path / "BACI_HS92_Y2022_V202401b.csv"
    plain = read_baci_csv(path, source_id="x").accepted
    lines = [line.split(",")[::order] for line in path.read_text().splitlines()]
    path.write_bytes(codecs.BOM_UTF8 + "\n".join(";".join(cells) for cells in lines).encode())
    assert recognise(path).name == "baci_csv"
    assert read_baci_csv(path, source_id="x").accepted.equals(plain)
