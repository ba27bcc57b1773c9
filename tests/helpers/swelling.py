"""Files made to swell: small ones that ask for much time or memory, and large ones that are nothing."""

from __future__ import annotations

import gzip
import lzma
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from attacks import looking
from places import FIXTURES, RAW, ROOT
from retorsion.params import read_case, read_params
from retorsion.sources.corrections import read_corrections
from retorsion.sources.sidecar import load_sidecar
from workbooks import workbook


@dataclass(frozen=True)
class Bomb:
    """A file that would take much time or memory.

    Attributes:
        name: what it is.
        file: its name.
        make: writes it.
        read: reads it.
    """

    name: str
    file: str
    make: Callable[[Path], object]
    read: Callable[[Path], object]


@cache
def _fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def _repeated(path: Path, head: bytes, piece: bytes, times: int, tail: bytes = b"", how: str = "") -> None:
    """Write a text that repeats a piece, in blocks, packed or not."""
    block = piece * max(1, 2**20 // len(piece))
    n_blocks = times * len(piece) // len(block)
    opened: Any = {"gz": gzip.open, "xz": lzma.open}.get(how, open)
    more = {"gz": {"compresslevel": 1}, "xz": {"preset": 0}}.get(how, {})
    with opened(path, "wb", **more) as stream:
        stream.write(head)
        for _ in range(n_blocks):
            stream.write(block)
        stream.write(tail)


def _zip_of(path: Path, member: str, head: bytes, piece: bytes, n_bytes: int) -> None:
    block = piece * (2**20 // len(piece))
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(member, "w", force_zip64=True) as stream,
    ):
        stream.write(head)
        for _ in range(n_bytes // len(block)):
            stream.write(block)


def _zstd(path: Path, head: bytes, piece: bytes, n_bytes: int) -> None:
    block = piece * (2**20 // len(piece))
    with pa.CompressedOutputStream(str(path), "zstd") as stream:
        stream.write(head)
        for _ in range(n_bytes // len(block)):
            stream.write(block)


def _far_cell(path: Path) -> None:
    _with_sheet(
        path, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row><row r="1"><c r="A1"><v>1</v></c></row>'
    )


def _shared_text(path: Path) -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 200_000))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    _with_sheet(
        path, cells, f'<sst xmlns="{main}" count="1" uniqueCount="1"><si><t>{"x" * 32_000}</t></si></sst>'
    )


def _with_sheet(path: Path, rows: str, common: str | None = None) -> None:
    small = workbook(path.with_suffix(".small"), {"Sheet1": [["month", "importer_code"], ["2022-01", "JPN"]]})
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if "sheet1" not in name:
                new.writestr(name, old.read(name))
        new.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>'
        )
        if common:
            new.writestr("xl/sharedStrings.xml", common)


def _many_rows(path: Path) -> None:
    frame = pl.select(month=pl.repeat("2022-01", 60_000_000), importer_code=pl.repeat("JPN", 60_000_000))
    frame.write_parquet(path, row_group_size=10_000_000)


def _long_texts(path: Path) -> None:
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 100_000, pa.int32()), pa.array(["x" * 100_000]))
    pq.write_table(pa.table({"month": texts, "importer_code": texts}), path)


def _many_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(120_000):
            archive.writestr(str(number), b"")


def _table(path: Path, head: str, row: str, times: int) -> None:
    _repeated(path, head.encode(), row.encode(), times)


def _value_of_blob(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE baci_trade (t TEXT, i TEXT, j TEXT, k INTEGER, v TEXT, q TEXT)")
        connection.execute(
            "INSERT INTO baci_trade VALUES ('2021', zeroblob(400000000), '392', 271111, '1', '1')"
        )
        connection.execute("CREATE TABLE country_codes_V1 (country_code, country_iso3)")
        connection.execute("CREATE TABLE product_codes_HS92_V1 (code, description)")
    connection.close()


def _endless_view(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE country_codes_V1 (country_code, country_iso3)")
        connection.execute("CREATE TABLE product_codes_HS92_V1 (code, description)")
        connection.execute(
            "CREATE VIEW baci_trade AS WITH RECURSIVE c(t) AS (SELECT 1 UNION ALL SELECT t + 1 FROM c) "
            "SELECT t, t AS i, t AS j, t AS k, t AS v, t AS q, t AS rowid FROM c"
        )
    connection.close()


def _anchors(path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    path.write_text("\n".join(lines))


def _laughs(root: str) -> str:
    entities = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    return f"<!DOCTYPE x [<!ENTITY a0 'ha'>{entities}]><{root}>&a9;</{root}>"


GIB = 2**30


def _one_element(root: bytes, path: Path) -> None:
    """A file of one element with a million attributes."""
    path.write_bytes(b"<" + root + b" " + _attributes(10**6, "'>'") + b"/>")


def _attributes(n: int, value: str) -> bytes:
    return " ".join(f"a{number}={value}" for number in range(n)).encode()


def bombs() -> list[Bomb]:
    """Every kind of file that swells, at the sizes at which readers have failed."""
    params = ROOT / "params.yaml"
    ofac, mof = _fixture("lists/ofac_sdn.csv"), _fixture("lists/opensanctions_targets.simple.csv")
    found = [
        Bomb("a cell of 900 MB", "sdn.csv", lambda p: _repeated(p, b"1,", b"x", 900 * 10**6), looking("ofac_sdn")),
        Bomb("a cell of 500 MB", "sdn.csv", lambda p: _repeated(p, b"1,", b"x", 500 * 10**6), looking("ofac_sdn")),
        Bomb(
            "a quote over 400 MB of lines", "sdn.csv",
            lambda p: _repeated(p, ofac + b'1,"', b"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 13 * 10**6), looking("ofac_sdn"),
        ),
        Bomb(
            "10 MB of blank lines after a list", "sdn.csv", lambda p: _repeated(p, ofac, b"\n", 10**7),
            looking("ofac_sdn"),
        ),
        Bomb(
            "10 MB of blank lines after another", "targets.simple.csv",
            lambda p: _repeated(p, mof, b"\r\n", 5 * 10**6), looking("opensanctions_targets"),
        ),
        Bomb(
            "gzip of 2 GiB of blank lines", "20220301.export.CSV",
            lambda p: _repeated(p, _fixture("events/20220301.export.CSV"), b"\n", 2 * GIB, how="gz"), looking("gdelt"),
        ),
        Bomb("gzip of 2 GiB of blank lines, list", "sdn.csv", lambda p: _repeated(p, ofac, b"\n", 2 * GIB, how="gz"),
             looking("ofac_sdn")),
        Bomb("xz of 2 GiB", "sdn.csv", lambda p: _repeated(p, ofac, b"\n", 2 * GIB, how="xz"), looking("ofac_sdn")),
        Bomb("zstd of 2 GiB", "sdn.csv", lambda p: _zstd(p, ofac, b"\n", 2 * GIB), looking("ofac_sdn")),
        Bomb("zip of 2 GiB", "x.zip", lambda p: _zip_of(p, "20220301.export.CSV", b"", b"\n", 2 * GIB),
             looking("gdelt")),
        Bomb(
            "zip of 2 GiB of BACI", "BACI_HS92_V202401b.zip",
            lambda p: _zip_of(p, "BACI_HS92_Y2021_V202401b.csv", b"t,i,j,k,v,q\n", b"\n", 2 * GIB), looking("baci_csv"),
        ),
        Bomb("an archive of 120,000 files", "x.zip", _many_members, looking("gdelt")),
        Bomb("10 million rows of two cells", "m.csv",
             lambda p: _table(p, "month,importer_code,commodity,value_eur\n", "a,b,c,d\n", 10**7),
             looking("tidy_flows")),
        Bomb("4 million faulty rows", "m.csv",
             lambda p: _table(p, "month,importer_code,commodity,value_eur\n", "a,b,c,d\n", 4 * 10**6),
             looking("tidy_flows")),
        Bomb("200 million short rows", "m.csv", lambda p: _table(p, "month,importer_code\n", "a\n", 2 * 10**8),
             looking("tidy_flows")),
        Bomb("10^6 columns", "m.csv", lambda p: p.write_text(",".join(f"c{n}" for n in range(10**6)) + "\n1\n"),
             looking("tidy_flows")),
        Bomb("40 million ragged rows", "sdn.csv", lambda p: _repeated(p, ofac, b"x,y\n", 4 * 10**7),
             looking("ofac_sdn")),
    ]  # fmt: skip
    found += [
        Bomb(
            f"10^6 attributes, {what}", "list.xml",
            partial(_one_element, root), looking(reader),
        )
        for root, reader, what in (
            (b"sanctionsData", "ofac_enhanced", "libxml2"),
            (b"CONSOLIDATED_LIST", "un_list", "expat"),
        )
    ]  # fmt: skip
    found.append(
        Bomb(
            "10^5 attributes, well-formed", "list.xml",
            lambda p: p.write_bytes(b"<sanctionsData " + _attributes(10**5, "'>'") + b"/>"), looking("ofac_enhanced"),
        )
    )  # fmt: skip
    sdn, un = b"<sanctionsData>", b"<CONSOLIDATED_LIST><INDIVIDUALS>"
    found += [
        Bomb("10^6 elements deep", "list.xml", lambda p: _repeated(p, sdn, b"<a>", 10**6), looking("ofac_enhanced")),
        Bomb("10^6 elements deep, expat", "un.xml", lambda p: _repeated(p, un, b"<a>", 10**6), looking("un_list")),
        Bomb("a record of 10^8 elements", "list.xml", lambda p: _repeated(p, sdn + b"<entity>", b"<a/>", 10**8),
             looking("ofac_enhanced")),
        Bomb("4 * 10^7 records", "list.xml", lambda p: _repeated(p, sdn, b"<entity/>", 4 * 10**7),
             looking("ofac_enhanced")),
        Bomb("10^7 subjects, expat", "un.xml",
             lambda p: _repeated(p, un, b"<INDIVIDUAL></INDIVIDUAL>", 10**7), looking("un_list")),
        Bomb("a text of 400 MB", "list.xml", lambda p: _repeated(p, sdn + b"<entity><a>", b"x", 400 * 10**6),
             looking("ofac_enhanced")),
        Bomb("a text of 400 MB, expat", "un.xml",
             lambda p: _repeated(p, un + b"<INDIVIDUAL><DATAID>", b"x", 400 * 10**6),
             looking("un_list")),
        Bomb("billion laughs", "list.xml", lambda p: p.write_text(_laughs("sanctionsData")), looking("ofac_enhanced")),
        Bomb("billion laughs, expat", "un.xml", lambda p: p.write_text(_laughs("CONSOLIDATED_LIST")),
             looking("un_list")),
    ]  # fmt: skip
    for reader, file in (
        ("gta", "a.json"), ("comtrade_json", "a.json"), ("us_census", "a.json"), ("followthemoney", "a.ftm.json"),
    ):  # fmt: skip
        found += [
            Bomb(f"brackets 10^7 deep, {reader}", file, lambda p: _repeated(p, b"", b"[", 10**7), looking(reader)),
            Bomb(f"10^8 empty lists, {reader}", file, lambda p: _repeated(p, b"[", b"[],", 10**8, b"1]"),
                 looking(reader)),
            Bomb(f"a number of 10^7 digits, {reader}", file, lambda p: _repeated(p, b"[", b"9", 10**7, b"]"),
                 looking(reader)),
            Bomb(f"a text of 400 MB, {reader}", file, lambda p: _repeated(p, b'["', b"x", 400 * 10**6, b'"]'),
                 looking(reader)),
        ]  # fmt: skip
    found += [
        Bomb("a cell at the far end of a sheet", "x.xlsx", _far_cell, looking("tidy_flows")),
        Bomb("a long text in 200,000 cells", "x.xlsx", _shared_text, looking("tidy_flows")),
        Bomb("a workbook of 2 GiB", "x.xlsx", lambda p: _zip_of(p, "xl/workbook.xml", b"", b" ", 2 * GIB),
             looking("tidy_flows")),
        Bomb("Parquet of 60 million rows", "x.parquet", _many_rows, looking("tidy_flows")),
        Bomb("Parquet of a long text in 100,000 rows", "x.parquet", _long_texts, looking("tidy_flows")),
        Bomb("a blob of 400 MB in SQLite", "baci.db", _value_of_blob, looking("baci")),
        Bomb("a view without end in SQLite", "baci.db", _endless_view, looking("baci")),
    ]  # fmt: skip
    read: Mapping[str, Callable[[Path], object]] = {
        "params": lambda path: read_params(path, RAW),
        "case": lambda path: read_case(path, read_params(params, RAW), RAW),
        "sidecar": load_sidecar,
        "corrections": read_corrections,
    }
    for kind, reads in read.items():
        found += [
            Bomb(f"YAML of anchors, {kind}", "x.yaml", _anchors, reads),
            Bomb(f"YAML 10^6 deep, {kind}", "x.yaml", lambda p: p.write_text("a: " + "[" * 10**6), reads),
            Bomb(f"YAML deep in blocks, {kind}", "x.yaml",
                 lambda p: p.write_text("\n".join(" " * n + "a:" for n in range(1000))), reads),
            Bomb(f"YAML that holds itself, {kind}", "x.yaml", lambda p: p.write_text("a: &a [*a]"), reads),
            Bomb(f"a number of 5,000 digits, {kind}", "x.yaml", lambda p: p.write_text("a: " + "9" * 5000), reads),
            Bomb(f"a number of base 60, {kind}", "x.yaml", lambda p: p.write_text("a: 1" + ":59" * 10**5), reads),
            Bomb(f"YAML of 100 MB, {kind}", "x.yaml", lambda p: _repeated(p, b"a: [", b"x, ", 3 * 10**7), reads),
            Bomb(f"a folder, {kind}", "x.yaml", lambda p: p.mkdir(), reads),
        ]  # fmt: skip
    return found
