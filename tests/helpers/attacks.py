"""Files that would break a reader: a small file for every reader and kind of YAML, damaged in many ways."""

from __future__ import annotations

import gzip
import io
import lzma
import random
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
from damage import damaged, inside, revalued
from places import FIXTURES, RAW, ROOT
from retorsion.errors import RetorsionError, SourceError
from retorsion.params import Params, read_case, read_params
from retorsion.sources.corrections import read_corrections
from retorsion.sources.readers import FORMATS, formats, readers, recognise
from retorsion.sources.sidecar import load_sidecar
from retorsion.sources.text.recorded import RecordedLayout, read_recorded
from retorsion.tables.look import look
from workbooks import workbook

#: Most bytes of a file that is damaged: a longer one is cut after a line.
SEED_BYTES = 2**14
#: What readers have to be told of their files.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "japan_customs_area_summary": {"year": 2022},
    "tidy_flows": {
        "columns": {
            "period": "month", "reporter": "importer_code", "partner": "=RUS", "flow": "=import",
            "product": "commodity", "value": "value_eur", "unit": "=EUR", "valuation": "=CIF", "product_system": "=own",
        }
    },
    "duties": {
        "columns": {
            "month": "month", "importer": "=USA", "partner": "partner_code", "product": "hs2_code",
            "value_usd": "value_usd", "duty_usd": "duty_usd",
        }
    },
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A file that a reader reads.

    Attributes:
        name: of the reader, or of the kind of YAML.
        file: name that the file has.
        data: its bytes.
        read: reads a file of this kind.
    """

    name: str
    file: str
    data: bytes
    read: Callable[[Path], object]


def looking(name: str, options: Mapping[str, Any] | None = None) -> Callable[[Path], object]:
    return lambda path: look(path, name, dict(options or OPTIONS.get(name, {})))


@cache
def _params() -> Params:
    return read_params(ROOT / "params.yaml", RAW)


def _options_of(source: str) -> Mapping[str, Any] | None:
    known = _params().sources
    return (known.flows | known.lists).get(source)


def _cut(data: bytes) -> bytes:
    """The first lines of a text; what is packed, or ends in brackets, stays whole."""
    if (
        len(data) <= SEED_BYTES
        or data[:4] in (b"PK\x03\x04", b"PAR1")
        or data[:1] in (b"<", b"{", b"[", b"S")
    ):
        return data
    return data[: data.rfind(b"\n", 0, SEED_BYTES) + 1]


def _in_fixtures() -> Iterator[Target]:
    for path in sorted(FIXTURES.glob("*/*")):
        with suppress(SourceError):
            name = recognise(path).name
            data = path.read_bytes()
            if len(data) < 2**18:
                yield Target(name, path.name, _cut(data), looking(name))


def _in_raw() -> Iterator[Target]:
    for sidecar in sorted(RAW.glob("*/source.yaml")):
        source = load_sidecar(sidecar)
        for file in source.data_files:
            path = sidecar.parent / file.path
            if not path.is_file() or path.stat().st_size > 2**22:
                continue
            data = path.read_bytes()
            if path.suffix == ".gz":
                data = gzip.decompress(data)
            elif path.suffix == ".parquet":
                frame, buffer = pl.read_parquet(path).head(200), io.BytesIO()
                frame.write_parquet(buffer)
                data = buffer.getvalue()
            name = source.reader
            if name == "ledger":
                name = f"ledger_file_{path.stem}"
            if name in readers():
                yield Target(
                    name, path.name.removesuffix(".gz"), _cut(data), looking(name, _options_of(source.id))
                )


def _recorded() -> Iterator[Target]:
    """Files of recorded facts that stand beside others, or that no sidecar's reader reads."""
    for name in formats():
        layout = getattr(import_module(f"{FORMATS}.{name}"), "LAYOUT", None)
        if not isinstance(layout, RecordedLayout):
            continue
        head = ",".join(layout.columns).encode()
        files = [path for path in sorted(RAW.glob("*/*.csv")) if path.read_bytes().startswith(head + b"\n")]
        data = (
            _cut(files[0].read_bytes()) if files else head + b"\n" + b"," * (len(layout.columns) - 1) + b"\n"
        )
        yield Target(name, f"{name}.csv", data, partial(read_recorded, layout=name, source_id="x"))


def _made(folder: Path) -> Iterator[Target]:
    """Files of readers of which there is none at hand."""
    australia = [
        [
            "Reference",
            "Name of Individual or Entity",
            "Type",
            "Name Type",
            "Citizenship",
            "Committees",
            "Control Date",
        ],
        ["101", "Arno EXAMPLE", "Individual", "Primary Name", "Russia", "Autonomous (Russia)", "25/02/2022"],
    ]
    browser: list[list[str | None]] = [
        ["Dataset: ", "EU trade since 1988 by HS2-4-6 and CN8 [DS-045409]"],
        [None],
        ["PRODUCT [PRODUCT]", None, "Cars (new), with an engine [87032319]"],
        ["FLOW", None, "EXPORT"],
        ["INDICATORS", None, "VALUE_IN_EUROS"],
        [None],
        ["TIME", "TIME", "2022-01", "2022-02"],
        ["FREQ (Labels)", "FREQ (Labels)", "Monthly", "Monthly"],
        ["REPORTER (Labels)", "PARTNER (Labels)", None, None],
        ["Austria", "Russian Federation (Russia)", "1", "2"],
    ]
    flows = [["month", "importer_code", "commodity", "value_eur"], ["2022-01", "JPN", "coal", "5"]]
    books: dict[str, Sequence[Sequence[str | None]]] = {
        "australia_dfat": australia,
        "comext_labels_data_browser": browser,
        "tidy_flows": flows,
    }
    for name, sheet in books.items():
        path = workbook(folder / f"{name}.xlsx", {"Sheet 1": sheet})
        yield Target(name, path.name, path.read_bytes(), looking(name))
    frame = pl.DataFrame(flows[1:], schema=flows[0], orient="row")
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    yield Target("tidy_flows", "mine.parquet", buffer.getvalue(), looking("tidy_flows"))
    database = folder / "baci.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE baci_trade (t TEXT, i TEXT, j TEXT, k INTEGER, v TEXT, q TEXT)")
        connection.execute("INSERT INTO baci_trade VALUES ('2021', '643', '392', 271111, '2612.9', '62.5')")
        connection.execute(
            "CREATE TABLE country_codes_V1 (country_code, country_name, country_iso2, country_iso3)"
        )
        connection.execute(
            "INSERT INTO country_codes_V1 VALUES ('643', '', '', 'RUS'), ('392', '', '', 'JPN')"
        )
        connection.execute("CREATE TABLE product_codes_HS92_V1 (code, description)")
        connection.execute("INSERT INTO product_codes_HS92_V1 VALUES ('271111', 'LNG')")
    connection.close()
    yield Target("baci", "baci.db", database.read_bytes(), looking("baci"))
    rates = zipped({"eurofxref-hist.csv": b"Date,USD,JPY,\n2022-01-03,1.13,130.6,\n2022-01-04,1.12,131.0,\n"})
    yield Target("ecb", "eurofxref-hist.zip", rates, looking("ecb"))
    rows = {
        "gdelt_dyads": "date,country_a,country_b,edge_sum\n2018-01-01,RUS,AFG,-33.971\n",
        "icews_extract": "date,source_name,source_side,relation,target_name,target_side,cameo_code,goldstein,"
        "benchmark_files\n2005-01-02,Armed Rebel (Russia),RUS,Abduct,Military (Russia),RUS,,,mmkb_05-15\n",
        "tidy_events": "date,actor,target,kind\n2022-01-01,JPN,RUS,protest\n",
    }
    for name, text in rows.items():
        yield Target(name, f"{name}.csv", text.encode(), looking(name))


def _yaml() -> Iterator[Target]:
    params = _params()
    yield Target(
        "params", "params.yaml", (ROOT / "params.yaml").read_bytes(), lambda path: read_params(path, RAW)
    )
    for path in sorted((ROOT / "data" / "cases").glob("*.yaml")):
        yield Target("case", path.name, path.read_bytes(), lambda path: read_case(path, params, RAW))
    for path in sorted(RAW.glob("*/source.yaml")):
        yield Target("sidecar", f"{path.parent.name}/source.yaml", path.read_bytes(), load_sidecar)
    for path in sorted(RAW.glob("*/corrections.yaml")):
        yield Target("corrections", "corrections.yaml", path.read_bytes(), read_corrections)


def targets(folder: Path) -> list[Target]:
    """A file for every reader and every kind of YAML."""
    return [*_in_fixtures(), *_in_raw(), *_recorded(), *_made(folder), *_yaml()]


def zipped(members: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def mutant(target: Target, seed: int) -> bytes:
    """A file damaged in one of many ways: bytes, values, members, or packing."""
    chance = random.Random(f"{target.name}/{seed}")
    data = target.data
    if data[:4] == b"PK\x03\x04" and chance.random() < 0.7:
        return inside(data, chance.randrange(2**32))
    if data[:1] in (b"<", b"{", b"[") and chance.random() < 0.5:
        return revalued(data, chance.randrange(2**32))
    found = damaged(data, chance.randrange(2**32))
    if chance.random() < 0.08:
        found = chance.choice(_PACKERS)(found)
        if chance.random() < 0.5:
            found = damaged(found, chance.randrange(2**32))
    return found


_PACKERS: tuple[Callable[[bytes], bytes], ...] = (
    lambda data: gzip.compress(data, 1),
    lambda data: lzma.compress(data, preset=0),
    lambda data: pa.compress(data, "zstd", asbytes=True),
    lambda data: zipped({"data.csv": data}),
    lambda data: zipped({"data.csv": data, "more.csv": data}),
)


def attack(target: Target, data: bytes, folder: Path) -> str:
    """Read a damaged file: what became of it, ``read`` or ``refused``. Anything but our own error is let through."""
    path = folder / target.file
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    try:
        target.read(path)
    except RetorsionError:
        return "refused"
    return "read"
