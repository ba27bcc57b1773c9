"""A build that is killed: the next one ends as if nothing had happened; nothing half made is read."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from event_lines import CAMEO, PLOVER, write
from places import FIXTURES, ROOT
from polars.testing import assert_frame_equal
from retorsion.errors import ParameterError, RetorsionError, SourceError
from retorsion.events import store as event_store
from retorsion.events.engines import Polars
from retorsion.events.engines import engine as engine_named
from retorsion.events.source import Source, described
from retorsion.sources.formats.gdelt import COLUMNS, COLUMNS_1

#: Kills itself, as if the power were cut, at the Nth call of one function of the store.
_KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from event_lines import CAMEO, PLOVER
from retorsion.events import store as event_store
from retorsion.events.source import Source, described
from retorsion.events.engines import Polars

calls = 0
def killing(function, before):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if before and calls == {nth}:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if not before and calls == {nth}:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

owner, name = {owner}, {name!r}
setattr(owner, name, killing(getattr(owner, name), {before}))
source = Source("g", "gdelt", tuple(map(Path, sys.argv[2:])))
event_store.build_events(source, Path(sys.argv[1]), Polars(), cameo=CAMEO, plover=PLOVER, batch_bytes=1)
print("not killed")
"""

POINTS = [
    ("Polars", "write_partitions", 2, False),  # a batch written and not judged
    ("event_store", "_write_json", 1, False),  # one batch done
    ("Polars", "write_sorted", 1, False),  # a month written under its other name
    ("event_store", "_sync", 2, False),  # one month done, another before its renaming
    ("event_store", "_write_json", 4, True),  # everything but the manifest
    ("event_store.shutil", "rmtree", 4, True),  # the manifest and the staged rows
]


def build(folder: Path, paths: tuple[Path, ...]) -> dict[str, object]:
    source = Source("g", "gdelt", paths)
    return event_store.build_events(source, folder, Polars(), cameo=CAMEO, plover=PLOVER, batch_bytes=1)


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    build(folder / "store", write(folder, n=60).paths)
    return folder / "store"


@pytest.mark.parametrize(("owner", "name", "nth", "before"), POINTS)
def test_killed_anywhere_and_run_again_it_is_byte_for_byte_the_undisturbed_run(
    owner: str, name: str, nth: int, before: bool, undisturbed: Path, tmp_path: Path
) -> None:
    paths = write(tmp_path, n=60).paths
    folder = tmp_path / "killed"
    script = _KILLED.format(
        tests=str(ROOT / "tests" / "helpers"), owner=owner, name=name, nth=nth, before=before
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(folder), *map(str, paths)],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr
    if event_store.manifest(folder) is None:
        with pytest.raises(RetorsionError, match="have not been built"):
            event_store.scan_events(folder)
    build(folder, paths)
    assert content(folder) == content(undisturbed)


def test_a_second_build_of_the_same_files_does_nothing_and_of_others_starts_anew(tmp_path: Path) -> None:
    files = write(tmp_path, n=60)
    folder = tmp_path / "store"
    first = build(folder, files.paths)
    times = {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()}
    assert build(folder, files.paths) == first
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*") if p.is_file()} == times
    old = event_store.scan_events(folder).collect()
    lines = files.paths[1].read_bytes()
    files.paths[1].write_bytes(lines.replace(b"https://example.org/", b"https://example.net/"))
    second = build(folder, files.paths)
    assert second["fingerprint"] != first["fingerprint"]
    assert {p.parent.parent.name for p in event_store.event_files(folder)} == {second["fingerprint"]}
    assert not old.equals(event_store.scan_events(folder).collect())


def test_the_last_good_table_is_read_until_the_next_one_is_whole(tmp_path: Path) -> None:
    paths = write(tmp_path, n=60).paths
    folder = tmp_path / "store"
    build(folder, paths[:1])
    before = event_store.scan_events(folder).collect()
    script = _KILLED.format(
        tests=str(ROOT / "tests" / "helpers"), owner="event_store", name="_sync", nth=2, before=False
    )
    command = [sys.executable, "-c", script, str(folder), *map(str, paths)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert_frame_equal(event_store.scan_events(folder).collect(), before)


def test_a_file_that_is_missing_or_cut_short_is_not_read(tmp_path: Path) -> None:
    paths = write(tmp_path, n=60).paths
    folder = tmp_path / "store"
    build(folder, paths)
    whole = event_store.scan_events(folder).collect()
    cut = event_store.event_files(folder)[0]
    cut.write_bytes(cut.read_bytes()[:-7])
    with pytest.raises(RetorsionError, match="not as their manifest says"):
        event_store.scan_events(folder)
    build(folder, paths)
    assert_frame_equal(event_store.scan_events(folder).collect(), whole)


def test_a_zip_is_read_as_its_text(tmp_path: Path) -> None:
    path = ROOT / "tests/fixtures/events/20220301001500.export.CSV.zip"
    made = build(tmp_path / "a", (path,))
    same = build(tmp_path / "b", (path.with_suffix(""),))
    assert made["n_lines"] == same["n_lines"]
    assert_frame_equal(
        event_store.scan_events(tmp_path / "a").collect(), event_store.scan_events(tmp_path / "b").collect()
    )


def test_a_source_is_described_by_parameters(tmp_path: Path) -> None:
    write(tmp_path, n=10)
    options = {"reader": "gdelt", "files": "*.export.CSV", "pairs": [["JPN", "RUS"]]}
    source = described("g", options, tmp_path)
    assert len(source.paths) == 3
    assert source.pairs == (("JPN", "RUS"),)
    with pytest.raises(ParameterError, match="no file is named"):
        described("g", options | {"files": "*.zip"}, tmp_path)
    with pytest.raises(ParameterError, match="lacks files"):
        described("g", {"reader": "gdelt"}, tmp_path)
    with pytest.raises(RetorsionError, match=re.escape("'dat' is unknown")):
        _ = Source("g", "dat", ()).coding
    shutil.rmtree(tmp_path)


EVENTS = FIXTURES / "events"


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize(
    "names", [("2005.zip", "20140301.export.CSV.zip"), ("20140301.export.CSV.zip", "2005.zip")]
)
def test_all_versions_of_gdelt_are_one_source(tmp_path: Path, engine: str, names: tuple[str, ...]) -> None:
    paths = tuple(EVENTS / name for name in (*names, "20220301001500.translation.export.CSV.zip"))
    made = built(Source("g", "gdelt", paths), tmp_path, engine)
    assert (made["n_lines"], made["n_events"], made["n_quarantined"]) == (4, 4, 0)
    found = event_store.scan_events(tmp_path).select("event_date", "actor_code", "target_code").collect()
    assert found.sort("event_date").head(2).rows() == [
        (date(2005, 3, 1), "JPN", "RUS"),
        (date(2014, 3, 1), "RUS", "JPN"),
    ]


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_the_year_of_icews_without_codes_is_coded_by_its_texts(tmp_path: Path, engine: str) -> None:
    paths = (EVENTS / "events.2014.tab", EVENTS / "events.2017.tab")
    made = built(Source("i", "icews", paths), tmp_path, engine)
    found = event_store.scan_events(tmp_path).filter(pl.col("event_date").dt.year() == 2017).collect()
    assert found.select("event_date", "cameo_code", "quad_type", "intensity").rows() == [
        (date(2017, 1, 4), "010", "verbal_cooperation", 0.0),
        (date(2017, 12, 31), "163", "material_conflict", 8.0),
    ]
    assert made["n_quarantined"] == 0


def test_a_zip_of_polecat_is_built_like_its_text(tmp_path: Path) -> None:
    text = Source("p", "polecat", (EVENTS / "ngecEvents.20220301-20220307.txt",))
    packed = Source("p", "polecat", (EVENTS / "ngecEventsDV-2022.txt.zip",))
    built(text, tmp_path / "text", "polars")
    built(packed, tmp_path / "packed", "polars")
    assert_frame_equal(
        event_store.scan_events(tmp_path / "text").collect(),
        event_store.scan_events(tmp_path / "packed").collect(),
    )


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_names_that_no_table_knows_are_counted_with_those_of_left_out_rows(
    tmp_path: Path, engine: str
) -> None:
    lines = (EVENTS / "gdelt_cameo_codes.export.CSV").read_text()
    path = tmp_path / "x.export.CSV"
    path.write_text(lines.replace("\tMTN\t", "\tQQX\t").replace("\tIMY\t", "\tEUR\t"))
    built(Source("g", "gdelt", (path,)), tmp_path / "store", engine)
    assert event_store.unknown_states(tmp_path / "store").rows() == [("QQX", 1)]  # EUR is known for a region


def built(source: Source, folder: Path, name: str) -> dict[str, Any]:
    return event_store.build_events(source, folder, engine_named(name), cameo=CAMEO, plover=PLOVER)


def comma_saved(data: bytes, separator: str, *header: str) -> bytes:
    """Lines parted by tabs as another program saves them."""
    text = io.StringIO()
    lines = [line.split("\t") for line in data.decode().splitlines()]
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(
        [header, *lines] if header else lines
    )
    return text.getvalue().encode()


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
@pytest.mark.parametrize("save", ["commas", "header", "both", "mark", "utf-16", "packed", "twice"])
def test_an_export_that_another_program_saved_is_built_as_it_is_published(
    tmp_path: Path, engine: str, save: str
) -> None:
    data = b"\n".join(path.read_bytes().rstrip(b"\n") for path in write(tmp_path, n=60).paths)
    lines = [line for line in data.split(b"\n") if line.count(b"\t") == len(COLUMNS) - 1 and line.isascii()]
    plain = tmp_path / "plain.CSV"
    plain.write_bytes(b"\n".join(lines) + b"\n")
    saved = {
        "commas": comma_saved(plain.read_bytes(), ","),
        "header": comma_saved(plain.read_bytes(), "\t", *COLUMNS),
        "both": comma_saved(plain.read_bytes(), ";", *COLUMNS),
        "mark": codecs.BOM_UTF8 + plain.read_bytes(),
        "utf-16": plain.read_text().encode("utf-16"),
        "packed": gzip.compress(comma_saved(plain.read_bytes(), ",", *COLUMNS)),
        "twice": zipped_once_more(comma_saved(plain.read_bytes(), ",", *COLUMNS)),
    }[save]
    (tmp_path / "saved.CSV").write_bytes(saved)
    made = {}
    for name in ("plain", "saved"):
        source = Source("g", "gdelt", (tmp_path / f"{name}.CSV",))
        told = event_store.build_events(
            source, tmp_path / name, engine_named(engine), cameo=CAMEO, plover=PLOVER
        )
        made[name] = {key: told[key] for key in told if key.startswith("n_")}
        made[name]["events"] = event_store.scan_events(tmp_path / name).collect().to_dicts()
    assert made["plain"]["n_events"] > 0
    assert made["saved"] == made["plain"]
    at_once = event_store.glance(
        Source("g", "gdelt", (tmp_path / "saved.CSV",)), "month", cameo=CAMEO, plover=PLOVER
    )
    assert at_once.n_lines == made["plain"]["n_lines"]


def zipped_once_more(data: bytes) -> bytes:
    """A zip with a file that is packed by gzip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("x.csv.gz", gzip.compress(data))
    return packed.getvalue()


def test_published_and_saved_exports_are_one_source_and_a_cell_with_a_tab_is_named(tmp_path: Path) -> None:
    first, second = write(tmp_path, n=20).paths[:2]
    lines = [line for line in second.read_bytes().splitlines() if line.count(b"\t") == len(COLUMNS_1) - 1]
    second.write_bytes(comma_saved(b"\n".join(lines), ",", *COLUMNS_1))
    told = build(tmp_path / "store", (first, second))
    assert told["n_lines"] > len(lines) > 0
    second.write_bytes(second.read_bytes().replace(b",2022.1,", b',"2022\t1",', 1))
    with pytest.raises(SourceError, match=r"row [0-9]+: is not saved as it was published"):
        build(tmp_path / "store", (first, second))
