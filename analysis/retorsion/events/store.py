"""The part of the shell that keeps event data: text files in, partitioned Parquet out, once.

A source has one folder. ``manifest.json`` names the files that are its table, with their rows and bytes,
and the inputs they came from; it is written last and replaced at once, and readers open only what it names.
So a build that is killed leaves the last good table in place, and the next one goes on where it stopped:

- ``staging/FINGERPRINT/N/``: the rows of one batch of files by month. Complete if ``done.json`` is there; else it is
  thrown away and made again.
- ``parts/FINGERPRINT/period=YYYYMM/``: all rows of a month, each event once, in order. Made under another name and
  renamed when it is complete.

The fingerprint covers names, sizes and both ends of the input files, the reader, the pairs and the scores.
Of one fingerprint there is one result, whichever engine makes it and however often it is interrupted.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import narwhals as nw
import polars as pl

from retorsion.errors import RetorsionError, SourceError
from retorsion.events import events as ev
from retorsion.events import series as series
from retorsion.events.engines import PLACE, DuckDB, Engine, Polars, TextLayout, file_of
from retorsion.events.source import Source, fingerprint, input_of
from retorsion.files import write_whole
from retorsion.sources.limits import limit
from retorsion.sources.rows import Rows, check_few, empty_quarantine
from retorsion.sources.states import no_states
from retorsion.sources.text.archives import first_bytes, is_packed, text_of
from retorsion.sources.text.bulk_text import (
    POLARS_FAULTS,
    BulkFormat,
    judge,
    judge_lines,
    ragged,
)
from retorsion.sources.text.lines import count_lines, lines_by_sums
from retorsion.tables.fields import conform

#: Bytes of text that are read at a time; what a build loses at most when it is killed.
BATCH_BYTES = 4 * 2**30

LEFT_OUT, DOUBTFUL = "left_out", "doubtful"
_MANIFEST, _DONE = "manifest.json", "done.json"


def build_events(
    source: Source,
    folder: Path,
    engine: Engine,
    *,
    cameo: pl.DataFrame,
    plover: pl.DataFrame,
    batch_bytes: int = BATCH_BYTES,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Make the table ``events`` of one source, or what is missing of it.

    Args:
        source: what to read.
        folder: the folder of the source.
        engine: what runs it.
        cameo: ``cameo_code``, ``goldstein_score``.
        plover: ``category``, ``mode``, ``score``.
        batch_bytes: bytes of text that are read at a time.
        say: told of progress.

    Returns:
        The manifest: ``fingerprint``, ``n_lines``, ``n_events``, ``n_duplicates``, ``n_left_out`` (rows
        that do not name two different states, or another pair), ``n_quarantined``, and ``files``. The five
        numbers add up.

    Raises:
        SourceError: no file, or one that is not of the reader's layouts.
    """
    if not source.paths:
        raise SourceError(source.source_id, "has no file", remedy="Correct events.*.files in params.yaml.")
    inputs = [input_of(path) for path in source.paths]
    print_ = fingerprint(source, inputs, ev.score_table(cameo, plover))
    held = manifest(folder)
    if held is not None and held["fingerprint"] == print_ and _is_whole(folder, held):
        return held
    staging, parts = folder / "staging" / print_, folder / "parts" / print_
    for other in _siblings(staging):
        shutil.rmtree(other)
    if held is not None and held["fingerprint"] == print_:
        shutil.rmtree(parts, ignore_errors=True)  # a file of it is missing or damaged: none is trusted
    small = ev.small_tables(engine, source.reader, cameo, plover)
    judge_with = ev.small_tables(Polars(), source.reader, cameo, plover)
    batches = list(_batches(source, batch_bytes))
    staged = []
    for number, paths in enumerate(batches):
        place = staging / f"{number:06d}"
        if not (place / _DONE).exists():
            say(f"batch {number + 1} of {len(batches)}: {len(paths)} files")
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(parents=True)
            _write_json(place / _DONE, _stage(source, paths, place, engine, small, judge_with))
        staged.append(json.loads((place / _DONE).read_text(encoding="utf-8")))
    places = [staging / f"{number:06d}" for number in range(len(batches))]
    _merge(source.coding, places, parts, engine, say)
    counts = {name: sum(s[name] for s in staged) for name in ("n_lines", "n_left_out", "n_quarantined")}
    n_kept = sum(s["n_kept"] for s in staged)
    files = _files(folder, parts)
    n_events = sum(f["n_rows"] for f in files if "period=" in f["path"])
    made = {
        "source_id": source.source_id,
        "reader": source.reader,
        "scale": source.coding.scale,
        "fingerprint": print_,
        "inputs": inputs,
        **counts,
        "n_events": n_events,
        "n_duplicates": n_kept - n_events,
        "files": files,
    }
    n_out = sum(made[k] for k in ("n_events", "n_duplicates", "n_left_out", "n_quarantined"))
    assert made["n_lines"] == n_out, f"{source.source_id}: {made['n_lines']} lines in, {n_out} rows out"
    _write_json(folder / _MANIFEST, made)
    shutil.rmtree(folder / "staging")
    for other in _siblings(parts):
        shutil.rmtree(other)
    return made


def manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a source's folder; None where no build has been completed."""
    path = folder / _MANIFEST
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def event_files(folder: Path) -> list[Path]:
    """The Parquet files that are the table ``events`` of a source.

    Raises:
        RetorsionError: it has not been built, or a file is not as the manifest says.
    """
    return [path for path in _held(folder) if path.parent.name.startswith("period=")]


def scan_events(folder: Path) -> pl.LazyFrame:
    """The table ``events`` of one source, lazily.

    Raises:
        RetorsionError: it has not been built, or a file is not as the manifest says.
    """
    found = manifest(folder)
    files = event_files(folder)
    assert found is not None
    schema = pl.scan_parquet(files, hive_partitioning=False) if files else _no_events().lazy()
    return schema.with_columns(
        pl.lit(found["source_id"]).alias("source_id"), pl.lit(found["scale"]).alias("scale_type")
    ).select("source_id", "scale_type", *ev.EVENTS)


def read_coverage(folder: Path) -> pl.DataFrame:
    """``covered_date``, ``n_rows``: the days of which a source has anything, of whichever states, in order.

    Raises:
        RetorsionError: it has not been built, or a file is not as the manifest says.
    """
    path = next(path for path in _held(folder) if path.name == "coverage.parquet")
    return pl.read_parquet(path)


def read_quarantine(folder: Path) -> pl.DataFrame:
    """Rows that could not be accepted.

    Raises:
        RetorsionError: it has not been built, or a file is not as the manifest says.
    """
    path = next(path for path in _held(folder) if path.name == "quarantine.parquet")
    return pl.read_parquet(path)


def unknown_states(folder: Path) -> pl.DataFrame:
    """Names and codes of actors that no table of states knows: ``name`` and ``n``, the most frequent first.

    Raises:
        RetorsionError: it has not been built, or a file is not as the manifest says.
    """
    path = next(path for path in _held(folder) if path.name == "unknown_states.parquet")
    return pl.read_parquet(path)


def build_series(folder: Path, period: str, engine: Engine | None = None) -> pl.DataFrame:
    """The table ``event_series`` of one source from its Parquet files.

    Args:
        folder: the folder of the source.
        period: day, week (from Monday), month or quarter.
        engine: what runs it; DuckDB if None, which adds Parquet up in half of the time of polars.

    Raises:
        RetorsionError: the events have not been built, or a file is not as the manifest says.
        ParameterError: unknown period.
    """
    found = manifest(folder)
    files = event_files(folder)
    engine = engine or DuckDB()
    frame = engine.parquet(files) if files else engine.table(_no_events())
    rows = engine.collect(series.event_series(frame, period))
    assert found is not None
    return _named(rows, found["source_id"], found["scale"], period)


def _held(folder: Path) -> list[Path]:
    found = manifest(folder)
    if found is None:
        raise RetorsionError(
            f"the events of {folder.name!r} have not been built. Run `retorsion events build {folder.name}`"
        )
    if not _is_whole(folder, found):
        raise RetorsionError(
            f"the events of {folder.name!r} are not as their manifest says: a file is missing or has another "
            f"size. Run `retorsion events build {folder.name}`"
        )
    return [folder / file["path"] for file in found["files"]]


def _is_whole(folder: Path, found: Mapping[str, Any]) -> bool:
    paths = [(folder / file["path"], file["n_bytes"]) for file in found["files"]]
    return all(path.exists() and path.stat().st_size == size for path, size in paths)


def _stage(
    source: Source,
    paths: Sequence[Path],
    place: Path,
    engine: Engine,
    small: Mapping[str, ev.Frame],
    judge_with: Mapping[str, ev.Frame],
    *,
    exact: bool = False,
) -> dict[str, int]:
    """Rows of one batch by month, and what became of every line."""
    coding = source.coding
    texts = _unpacked(paths, place / "unpacked", coding)
    layout = coding.layout(texts)
    n_lines = None if exact else _n_added_up(engine, texts, layout)
    exact = n_lines is None
    n_lines = _n_counted(texts, layout) if n_lines is None else n_lines
    lines = engine.text(texts, layout, exact=exact)
    codes = coding.codes_on(engine, layout.format_)
    rows = ev.events(ev.coded(lines, coding, layout.format_, codes), coding, **small)
    folder = place / "rows"
    engine.write_partitions(by_fate(rows, source.pairs), folder, by="period")
    n_doubtful, rejected = 0, empty_quarantine()
    if engine.skips_lines and n_lines > sum(map(_n_rows, _by_period([place]).values())):
        rejected = _skipped(texts, coding, source.source_id)
    doubtful_files = sorted((folder / f"period={DOUBTFUL}").glob("*.parquet"))
    if doubtful_files:
        doubtful = pl.read_parquet(doubtful_files, hive_partitioning=False)
        n_doubtful = len(doubtful)
        check_few(n_doubtful, n_lines, texts[0].name)
        judged = _judged(doubtful, texts, coding, source.source_id)
        if not exact and ragged(judged.rejected):
            shutil.rmtree(folder)  # where a line is too short, another may be too long
            return _stage(source, paths, place, engine, small, judge_with, exact=True)
        rejected = pl.concat([rejected, judged.rejected])
        if len(judged.accepted):
            again = Polars().table(ev.coded_again(judged.accepted, coding))
            polars = Polars()
            accepted = polars.collect(by_fate(ev.events(again, coding, **judge_with), source.pairs))
            for (period,), part in accepted.group_by("period"):
                assert period != DOUBTFUL, "a row that was accepted by its text is not an event"
                into = folder / f"period={period}"
                into.mkdir(exist_ok=True)
                part.drop("period").write_parquet(into / "judged.parquet", compression="zstd")
        shutil.rmtree(folder / f"period={DOUBTFUL}")
    shutil.rmtree(place / "unpacked", ignore_errors=True)
    rejected.write_parquet(place / "rejected.parquet")
    left_out = sorted((folder / f"period={LEFT_OUT}").glob("*.parquet"))
    unknown = engine.collect(ev.unknown_actors(engine.parquet(left_out))) if left_out else _no_unknown()
    unknown.write_parquet(place / "unknown.parquet")
    n_rows = {period: _n_rows(files) for period, files in _by_period([place]).items()}
    n_left_out = n_rows.pop(LEFT_OUT, 0)
    counts = {
        "n_lines": n_lines,
        "n_kept": sum(n_rows.values()),
        "n_left_out": n_left_out,
        "n_quarantined": len(rejected),
    }
    n_out = counts["n_kept"] + n_left_out + len(rejected)
    assert n_lines == n_out, f"{source.source_id}: {n_lines} lines, but {n_out} rows ({n_doubtful} judged)"
    return counts


def _n_added_up(engine: Engine, texts: Sequence[Path], layout: TextLayout) -> int | None:
    """Rows of files if the engine's shortcut may be right for them; None if not."""
    if not (engine.has_shortcut and layout.ends_filled):
        return None
    format_ = layout.format_
    counted = partial(lines_by_sums, separator=format_.separator, n_columns=len(format_.columns))
    found = [counted(text, text.name) for text in texts]
    return None if None in found else sum(n - format_.n_header_lines for n in found if n is not None)


def _n_counted(texts: Sequence[Path], layout: TextLayout) -> int:
    return sum(max(count_lines(text, text.name) - layout.format_.n_header_lines, 0) for text in texts)


@dataclass(frozen=True)
class Glance:
    """A series made at once from text.

    Attributes:
        series: the table ``event_series``.
        n_lines: rows of the files.
        n_doubtful: rows that are no part of the series because a test failed or their line has another number
            of fields; a build judges and quarantines them. What is neither in the series nor doubtful does
            not name two different states, or another pair.
    """

    series: pl.DataFrame
    n_lines: int
    n_doubtful: int


def glance(source: Source, period: str, *, cameo: pl.DataFrame, plover: pl.DataFrame) -> Glance:
    """The series of a source at once from its text, by polars, for a look at files that are not kept.

    An event that is there twice counts twice. The bytes are looked at while the files are scanned; if that
    finds anything but whole lines, the fields of every line are counted and the files are scanned again.

    Args:
        source: what to read; zips are unpacked into a temporary folder, all of them.
        period: day, week (from Monday), month or quarter.
        cameo: ``cameo_code``, ``goldstein_score``.
        plover: ``category``, ``mode``, ``score``.

    Raises:
        SourceError: no file, or one that is not of the reader's layouts.
        ParameterError: unknown period.
    """
    polars, coding = Polars(), source.coding
    small = ev.small_tables(polars, source.reader, cameo, plover)

    def summed(*, exact: bool) -> pl.DataFrame:
        codes = coding.codes_on(polars, layout.format_)
        lines = ev.coded(polars.text(texts, layout, exact=exact), coding, layout.format_, codes)
        rows = ev.scored(lines, coding, small["scores"])
        made = series.series_of_rows(rows, small["days"], small["states"], period, source.pairs)
        return polars.collect(made)

    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as beside:
        texts = _unpacked(source.paths, Path(folder), coding)
        layout = coding.layout(texts)
        adding_up = beside.submit(_n_added_up, polars, texts, layout)
        try:
            found = summed(exact=False) if layout.ends_filled else None
        except POLARS_FAULTS:  # bytes that are not UTF-8
            found = None
        n_lines = adding_up.result()
        if found is None or n_lines is None or (found[series.FATE] == series.BROKEN).any():
            n_lines, found = _n_counted(texts, layout), summed(exact=True)
    in_series = found[series.FATE].is_null()
    rows = _named(found.filter(in_series), source.source_id, coding.scale, period)
    return Glance(conform(rows, "event_series"), n_lines, int(found.filter(~in_series)["n_events"].sum()))


def _named(rows: pl.DataFrame, source_id: str, scale: str, period: str) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit(source_id).alias("source_id"),
        pl.lit(scale).alias("scale_type"),
        pl.lit(period).alias("period_type"),
    )


def by_fate(rows: ev.Frame, pairs: Sequence[tuple[str, str]] | None) -> ev.Frame:
    """Rows with ``period``: month of the event (yyyymm), or that the row is left out, or that it is doubtful.

    Args:
        rows: as :func:`retorsion.events.events.events` gives them.
        pairs: the pairs of states that are kept; all if None.
    """
    sure = nw.col(ev.SURE)
    kept = sure & ev.between_states(pairs)
    month = nw.col("event_date").dt.year() * 100 + nw.col("event_date").dt.month()
    period = (
        nw.when(kept)
        .then(month.cast(nw.Int64).cast(nw.String))
        .otherwise(nw.when(sure).then(nw.lit(LEFT_OUT)).otherwise(nw.lit(DOUBTFUL)))
    )
    return rows.select(
        *(nw.when(kept).then(nw.col(name)).alias(name) for name in ev.EVENTS),
        "covered_day",
        *(nw.when(~sure).then(nw.col(name)).alias(name) for name in PLACE),
        *ev.UNKNOWN,
        period.alias("period"),
    )


def _judged(doubtful: pl.DataFrame, texts: Sequence[Path], coding: ev.Coding, source_id: str) -> Rows:
    """What the text of doubtful lines says."""
    format_ = coding.reading(coding.layout(texts).format_)
    if doubtful[PLACE[0]].null_count() == 0:
        return judge(texts, doubtful[PLACE[0]], format_, source_id=source_id)
    parts: list[Rows] = []
    for (place,), rows in sorted(doubtful.group_by(PLACE[1]), key=lambda item: str(item[0])):
        path = file_of(str(place))
        wanted = {bytes.fromhex(text).rstrip(b"\r\n") for text in rows[PLACE[2]]}
        numbers = line_numbers(path, wanted.__contains__, format_.n_header_lines)
        assert len(numbers) == len(rows), f"{path.name}: {len(rows)} doubtful lines, {len(numbers)} found"
        parts.append(judge_lines(path, path.name, numbers, format_, source_id=source_id))
    return Rows(pl.concat([p.accepted for p in parts]), pl.concat([p.rejected for p in parts]))


def _skipped(texts: Sequence[Path], coding: ev.Coding, source_id: str) -> pl.DataFrame:
    """Lines that are empty or not UTF-8, quarantined."""
    format_ = coding.reading(coding.layout(texts).format_)
    found = [(path, line_numbers(path, _is_skipped, format_.n_header_lines)) for path in texts]
    return pl.concat(
        [judge_lines(p, p.name, numbers, format_, source_id=source_id).rejected for p, numbers in found]
    )


def _is_skipped(line: bytes) -> bool:
    try:
        return not line.decode("utf-8")
    except UnicodeDecodeError:
        return True


def line_numbers(path: Path, is_wanted: Callable[[bytes], bool], n_header_lines: int) -> list[int]:
    """1-based numbers of the lines of a file that are wanted, judged without their ends."""
    with path.open("rb") as stream:
        return [
            number
            for number, line in enumerate(stream, start=1)
            if number > n_header_lines and is_wanted(line.rstrip(b"\r\n"))
        ]


def _merge(
    coding: ev.Coding,
    places: Sequence[Path],
    parts: Path,
    engine: Engine,
    say: Callable[[str], None],
) -> None:
    """Each month of all batches, every event once; then coverage and quarantine."""
    parts.mkdir(parents=True, exist_ok=True)
    periods = _by_period(places)
    wanted = {f"period={period}" for period in periods if period != LEFT_OUT}
    for old in parts.iterdir():
        if old.name not in wanted:  # half made, or of a run that was disturbed
            shutil.rmtree(old) if old.is_dir() else old.unlink()
    for period, files in sorted(periods.items()):
        final = parts / f"period={period}"
        if period == LEFT_OUT or final.exists():
            continue
        say(f"month {period}")
        half = parts / f"half-{period}"
        once = ev.deduplicated(engine.parquet(files).select(*ev.EVENTS), coding.identity)
        engine.write_sorted(once, half, order=ev.ORDER)
        for name in half.iterdir():
            if name.suffix != ".parquet":  # Spark's marks
                name.unlink()
        _sync(half)
        half.rename(final)
    everything = [file for files in periods.values() for file in files]
    days = series.coverage(engine.parquet(everything).select("covered_day"))
    covered = engine.collect(days).select(
        pl.col("covered_day").cast(pl.String).str.to_date("%Y%m%d").alias("covered_date"), "n_rows"
    )
    covered.sort("covered_date").write_parquet(parts / "coverage.parquet")
    names = pl.concat([pl.read_parquet(place / "unknown.parquet") for place in places])
    unknown = names.group_by("name").agg(pl.col("n").sum()).filter(~pl.col("name").is_in(list(no_states())))
    unknown.sort("n", "name", descending=[True, False]).write_parquet(parts / "unknown_states.parquet")
    rejected = pl.concat([pl.read_parquet(place / "rejected.parquet") for place in places])
    rejected.sort("file", "row", "column").write_parquet(parts / "quarantine.parquet")


def _by_period(places: Sequence[Path]) -> dict[str, list[Path]]:
    files: dict[str, list[Path]] = {}
    for place in places:
        for file in sorted((place / "rows").glob("period=*/*.parquet")):
            files.setdefault(file.parent.name.removeprefix("period="), []).append(file)
    return files


def _n_rows(files: Sequence[Path]) -> int:
    return int(pl.scan_parquet(list(files), hive_partitioning=False).select(pl.len()).collect().item())


def _batches(source: Source, batch_bytes: int) -> Iterator[tuple[Path, ...]]:
    """Files in order, those of one layout together, up to a size."""
    for _, group in groupby(source.paths, key=lambda path: _layout_of(source.coding, path)):
        batch: list[Path] = []
        size = 0
        for path in group:
            n_bytes = path.stat().st_size * (8 if is_packed(path) else 1)
            if batch and size + n_bytes > batch_bytes:
                yield tuple(batch)
                batch, size = [], 0
            batch.append(path)
            size += n_bytes
        yield tuple(batch)


def _layout_of(coding: ev.Coding, path: Path) -> BulkFormat:
    start = first_bytes(path, limit("header_bytes") + 1)
    return coding.format_of(coding.text_of(start.partition(b"\n")[0] + b"\n", path.name), path.name)


def _unpacked(paths: Sequence[Path], folder: Path, coding: ev.Coding) -> list[Path]:
    """The files themselves, or of each that is packed, or that another program saved, its one text."""
    return [_text_of(path, folder / str(number), coding) for number, path in enumerate(paths)]


def _text_of(path: Path, folder: Path, coding: ev.Coding) -> Path:
    packed, name = text_of(path)
    text = coding.text_of(packed, name)
    if not isinstance(text, bytes):
        return text
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / (path.stem if is_packed(path) else path.name)
    made.write_bytes(text)
    return made


def _files(folder: Path, parts: Path) -> list[dict[str, Any]]:
    return [
        {
            "path": path.relative_to(folder).as_posix(),
            "n_rows": _n_rows([path]),
            "n_bytes": path.stat().st_size,
        }
        for path in sorted(parts.rglob("*.parquet"))
    ]


def _siblings(path: Path) -> list[Path]:
    return [p for p in path.parent.iterdir() if p.name != path.name] if path.parent.is_dir() else []


def _write_json(path: Path, value: Mapping[str, Any]) -> None:
    write_whole(path, f"{json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)}\n".encode())


def _sync(folder: Path) -> None:
    """Wait until the files of a folder are on the disk."""
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def _no_unknown() -> pl.DataFrame:
    return pl.DataFrame(schema={"name": pl.String, "n": pl.Int64})


def _no_events() -> pl.DataFrame:
    types: dict[str, Any] = dict.fromkeys(ev.EVENTS, pl.String)
    return pl.DataFrame(
        schema={**types, "event_date": pl.Date, "intensity": pl.Float64, "n_sources": pl.Int64}
    )
