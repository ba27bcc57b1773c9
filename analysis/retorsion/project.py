"""The project on disk: its folders, and all reading and writing of its tables, findings and pages."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from retorsion.errors import ParameterError, RetorsionError, did_you_mean
from retorsion.files import beside, replace_folder, write_whole
from retorsion.findings import cite, rounded, rounded_frame
from retorsion.tables.fields import tables

if TYPE_CHECKING:
    from retorsion.params import Case, Params


def _root() -> Path:
    """The project's folder: ``RETORSION_HOME``, or the first from the working folder upwards, or the checkout.

    Where none of them is a project, the working folder: whatever reads the project then says what is missing.
    """
    home = os.environ.get("RETORSION_HOME")
    if home:
        return Path(home).expanduser().resolve()
    here = Path.cwd()
    for folder in (here, *here.parents, *Path(__file__).resolve().parents[2:3]):
        if (folder / "params.yaml").exists() and (folder / "data" / "raw").is_dir():
            return folder
    return here


ROOT = _root()
PARAMS = ROOT / "params.yaml"
RAW = ROOT / "data" / "raw"
CASES = ROOT / "data" / "cases"
CATALOGUE = ROOT / "data" / "catalogue"
TABLES = ROOT / "data" / "tables"
SUMMARIES = ROOT / "data" / "summaries"
FINDINGS = ROOT / "data" / "findings"
NOTEBOOKS = ROOT / "notebooks"
REPORTS = ROOT / "reports"
#: Machine-coded events, where a source of them is configured: too large, and not ours, to be among the
#: tables.
EVENTS = ROOT / "data" / "events"
EVENT_TABLES = ("events", "event_coverage", "event_series")
#: The file of a folder of findings that holds what belongs to no single one of them.
SUMMARY = "summary"


def require_project() -> None:
    """Raise RetorsionError unless the project's folder is one."""
    if not PARAMS.exists():
        raise RetorsionError(
            f"{ROOT} is not in a Retorsion project, so there are no tables: clone the project, run `make` in it, "
            "and work inside it or set RETORSION_HOME to its folder"
        )


def parameters() -> Params:
    """``params.yaml``: sources, choices that all cases share, and the names of the cases.

    Raises:
        ParameterError: a value cannot be used; names each slip and what to write.
        RetorsionError: there is no project here.
    """
    require_project()
    return _parameters(PARAMS, RAW, _stamp(PARAMS))


def case(name: str | None = None) -> Case:
    """What is asked of one pair of states.

    Args:
        name: of a file of ``data/cases``, without ``.yaml``; the first that ``params.yaml`` names if none is given.

    Raises:
        ParameterError: there is no such case, or a value of it cannot be used.
    """
    known = parameters()
    chosen = known.cases[0] if name is None else name
    if chosen not in known.cases:
        there = (CASES / f"{chosen}.yaml").is_file()
        advice = "Add it to `cases` in params.yaml" if there else "Write one with `retorsion case new`"
        raise ParameterError(
            f"there is no case {chosen!r} in params.yaml.{did_you_mean(chosen, known.cases)} "
            f"The cases are: {', '.join(known.cases)}. {advice}"
        )
    path = CASES / f"{chosen}.yaml"
    return _case(path, PARAMS, RAW, _stamp(path), _stamp(PARAMS))


def _stamp(file: Path) -> tuple[int, int] | None:
    return (file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else None


@cache
def _parameters(path: Path, raw: Path, _: object) -> Params:
    """The parameters, read and checked once as long as the file is the same."""
    from retorsion.params import read_params

    return read_params(path, raw)


@cache
def _case(path: Path, params: Path, raw: Path, _: object, stamp_of_params: object) -> Case:
    from retorsion.params import read_case

    return read_case(path, _parameters(params, raw, stamp_of_params), raw)


def load(table: str) -> pl.DataFrame:
    """A built table, typed and sorted as the field dictionary says.

    Args:
        table: name of the table, such as ``"acts"`` or ``"trade_flows"``.

    Returns:
        The table. :func:`scan` gives the same lazily.

    Raises:
        RetorsionError: no such table, or it has not been built yet.

    Example:
        >>> from retorsion import load
        >>> load("acts").columns[:2]
        ['act_id', 'actor_code']
    """
    return scan(table).collect()


def scan(table: str) -> pl.LazyFrame:
    """A built table as a lazy frame: only the columns and rows that are used get read. See :func:`load`."""
    if table not in tables():
        raise RetorsionError(
            f"there is no table {table!r}.{did_you_mean(table, tables())} "
            f"The tables are: {', '.join(sorted(tables()))}"
        )
    require_project()
    if table in EVENT_TABLES:
        return _scan_events(table)
    parts = [path for path in _parts(table) if path.exists()]
    if not parts:
        raise RetorsionError(f"table {table!r} has not been built yet. Run `dvc repro` (or `make`) first")
    return pl.scan_parquet(parts)


def goods_of_source(source: str) -> pl.DataFrame | None:
    """Names of the goods of a source of trade: product_level, product_code, label; None where it has no such table."""
    from retorsion.sources.text.recorded import read_complete

    path = RAW / source / "goods.csv"
    return read_complete(path, "goods", source_id=source) if path.exists() else None


def _parts(table: str) -> list[Path]:
    """Files of a table: of those that are built source by source, what the parameters name, in order.

    A file that a source left behind which is no longer among the parameters is no part of it.
    """
    sources = parameters().sources
    flows = list(sources.flows)
    names = {
        "trade_flows": flows,
        "quarantine": [*(f"trade_flows/{one}" for one in flows), sources.rates, "acts", "tariffs"],
    }.get(table)
    if names is None:
        return [TABLES / f"{table}.parquet"]
    return sorted(TABLES / table / f"{name}.parquet" for name in names)


def summaries() -> dict[str, dict[str, Any]]:
    """Summaries of the tables by name, those of ``trade_flows`` by source: rows, nulls, spans, hashes."""
    files = {path.stem: path for path in SUMMARIES.glob("*.json")}
    for part in _parts("trade_flows"):
        files[f"trade_flows.{part.stem}"] = SUMMARIES / "trade_flows" / f"{part.stem}.json"
    return {
        name: json.loads(path.read_text(encoding="utf-8"))
        for name, path in sorted(files.items())
        if path.exists()
    }


def _scan_events(table: str) -> pl.LazyFrame:
    """A table of machine-coded events, over all sources that have been built."""
    event_store = import_module(
        "retorsion.events.store"
    )  # by name: no stage reads events, which can be left out
    read: Callable[[Path], pl.LazyFrame] = {
        "events": event_store.scan_events,
        "event_coverage": lambda folder: event_store.read_coverage(folder).lazy(),
        "event_series": lambda folder: pl.scan_parquet(folder / "event_series.parquet"),
    }[table]
    folders = sorted(path.parent for path in EVENTS.glob("*/event_series.parquet"))
    if not folders:
        raise RetorsionError(
            f"table {table!r} has not been built: no source of events is. "
            "Configure one and run `retorsion events build SOURCE`; docs/events.md says how"
        )
    return pl.concat([read(folder) for folder in folders])


def finding(name: str, case: str | None = None) -> Any:
    """Findings on one pair of states.

    Args:
        name: ``"checks"``, ``"escalation"`` or ``"impact"``: a folder of ``data/findings/<case>``.
        case: name of the case; the first of ``params.yaml`` if none is given.

    Returns:
        Their values by part, each knowing its place (:func:`retorsion.findings.cite`), so that prose leads to it.

    Raises:
        RetorsionError: they have not been computed yet.
    """
    return cite(_values_of(_findings_of(name, case)), name)


def finding_file(name: str, case: str | None = None) -> str:
    """Findings on one pair of states as the text of one JSON file. Arguments and errors as :func:`finding`."""
    return _json(_values_of(_findings_of(name, case)))


def _values_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / f"{SUMMARY}.json").read_text(encoding="utf-8"))
    for path in sorted(folder.glob("*.json")):
        if path.stem != SUMMARY:
            values[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return values


def finding_rows(name: str, case: str | None = None) -> dict[str, Path]:
    """The files of rows behind findings, by name of the rows. Arguments and errors as :func:`finding`."""
    return {path.stem: path for path in sorted(_findings_of(name, case).glob("*.csv"))}


def finding_parts(name: str, case: str | None = None) -> list[str]:
    """Names of the findings that have a file of their own. Arguments and errors as :func:`finding`."""
    return [path.stem for path in sorted(_findings_of(name, case).glob("*.json")) if path.stem != SUMMARY]


def _findings_of(name: str, case: str | None) -> Path:
    folder = FINDINGS / (parameters().cases[0] if case is None else case) / name
    if not (folder / f"{SUMMARY}.json").exists():
        raise RetorsionError(
            f"finding {name!r} of the case {folder.parent.name!r} has not been computed yet. "
            "Run `dvc repro` (or `make`) first"
        )
    return folder


def save_table(table: str, frame: pl.DataFrame, *, part: str | None = None) -> None:
    """Write a table, or one source's part of it, and its summary."""
    from retorsion.tables.summary import summarise

    name = table if part is None else f"{table}/{part}"
    _write_parquet(TABLES / f"{name}.parquet", frame)
    write_json(SUMMARIES / f"{name}.json", summarise(frame, table))


def keep_parts(table: str, sources: Collection[str]) -> None:
    """Remove the parts of a table that come from other sources; its folders are there even without any part."""
    for folder in (TABLES / table, TABLES / "quarantine" / table, SUMMARIES / table):
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if path.stem not in sources:
                path.unlink()


def save_quarantine(part: str, rejected: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Write the rows that a stage could not accept, or one of its sources, and give them back as one frame."""
    from retorsion.sources.rows import QUARANTINE_SCHEMA
    from retorsion.tables.fields import conform

    frame = conform(pl.concat([QUARANTINE_SCHEMA.to_frame(), *rejected]), "quarantine")
    _write_parquet(TABLES / "quarantine" / f"{part}.parquet", frame)
    return frame


def _write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a new file: one that is there may be a link into the cache, whose content must stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = beside(path)
    frame.rechunk().write_parquet(new)  # how many pieces a frame has depends on the number of processors
    new.replace(path)


def save_findings(
    case: str,
    name: str,
    parts: Mapping[str, Mapping[str, Any]],
    rows: Mapping[str, pl.DataFrame],
    *,
    summary: Mapping[str, Any],
    tables: Sequence[str],
) -> None:
    """Write the findings of a step on one case: a JSON for each, the rows behind them as CSV, floats rounded.

    They are written beside the folder that is there and take its place when all are whole, so that a step that
    fails leaves what was there.

    Args:
        case: name of the case.
        name: of the step.
        parts: values of each finding.
        rows: frames behind them.
        summary: what belongs to no single one.
        tables: names of the tables they were computed from, whose hashes are kept with the summary.
    """
    folder = FINDINGS / case / name
    new = beside(folder)
    shutil.rmtree(new, ignore_errors=True)
    known = summaries()
    inputs = {table: known[table]["sha256_csv"] for table in tables}
    try:
        write_json(new / f"{SUMMARY}.json", {"inputs": inputs, **rounded(dict(summary))})
        for part, values in parts.items():
            write_json(new / f"{part}.json", rounded(dict(values)))
        for frame_name, frame in rows.items():
            rounded_frame(frame).write_csv(new / f"{frame_name}.csv")
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    replace_folder(folder, new)


def input_hashes(case: str | None = None) -> dict[str, str]:
    """Content hash of every table, and of every finding of a case, by name."""
    tables = {name: str(summary["sha256_csv"]) for name, summary in summaries().items()}
    folder = FINDINGS / (parameters().cases[0] if case is None else case)
    findings = {
        f"findings/{path.relative_to(FINDINGS).as_posix()}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*/*.json"))
        if not path.parent.name.startswith(".")
    }
    return tables | findings


def write_text(path: Path, text: str) -> None:
    """Write text with LF line ends on every machine."""
    write_whole(path, text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON the same way on every machine: sorted keys, LF, a final newline, no NaN."""
    write_text(path, _json(value))


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
