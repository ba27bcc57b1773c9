"""The project on disk: its folders, and all reading and writing of its tables, findings and pages."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import ParameterError, RetorsionError
from retorsion.findings import cite, rounded, rounded_frame
from retorsion.tables.fields import tables


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
RAW = ROOT / "data" / "raw"
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


def params(*path: str) -> Any:
    """A value of ``params.yaml``.

    Args:
        path: keys from the outside in; the whole file without any.

    Raises:
        ParameterError: a key that is not there, or a file that is not in its schema
            (:mod:`retorsion.parameters`).
    """
    file = ROOT / "params.yaml"
    stamp = (file.stat().st_mtime_ns, file.stat().st_size) if file.is_file() else None
    value: Any = _checked(file, RAW, stamp)
    for depth, key in enumerate(path):
        if not isinstance(value, dict) or key not in value:
            raise ParameterError(
                f"params.yaml has no {'.'.join(path[: depth + 1])!r}. Add it: "
                "analysis/retorsion/params.schema.json says what each parameter holds"
            )
        value = value[key]
    return deepcopy(value)


@cache
def _checked(file: Path, raw: Path, _: object) -> dict[str, Any]:
    """The parameters, read and checked once as long as the file is the same."""
    from retorsion.parameters import read_params

    return read_params(file, raw)


def require_project() -> None:
    """Raise RetorsionError unless the project's folder is one."""
    if not (ROOT / "params.yaml").exists():
        raise RetorsionError(
            f"{ROOT} is not in a Retorsion project, so there are no tables: clone the project, run `make` in it, "
            "and work inside it or set RETORSION_HOME to its folder"
        )


def load(table: str) -> pl.DataFrame:
    """A built table, typed and sorted as the field dictionary says.

    Args:
        table: name of the table, such as ``"acts"`` or ``"trade_flows"``.

    Returns:
        The table. :func:`scan` gives the same lazily.

    Raises:
        RetorsionError: no such table, or it has not been built yet.

    Example:
        >>> from analysis import load
        >>> load("acts").columns[:2]
        ['act_id', 'actor_code']
    """
    return scan(table).collect()


def scan(table: str) -> pl.LazyFrame:
    """A built table as a lazy frame: only the columns and rows that are used get read. See :func:`load`."""
    if table not in tables():
        raise RetorsionError(f"there is no table {table!r}. The tables are: {', '.join(sorted(tables()))}")
    require_project()
    if table in EVENT_TABLES:
        return _scan_events(table)
    parts = [path for path in _parts(table) if path.exists()]
    if not parts:
        raise RetorsionError(f"table {table!r} has not been built yet. Run `dvc repro` (or `make`) first")
    return pl.scan_parquet(parts)


def _parts(table: str) -> list[Path]:
    """Files of a table: of those that are built source by source, what the parameters name, in order.

    A file that a source left behind which is no longer among the parameters is no part of it.
    """
    flows = list(params("sources", "flows") or {})
    names = {"trade_flows": flows, "quarantine": [*flows, params("sources", "rates"), "acts"]}.get(table)
    if names is None:
        return [TABLES / f"{table}.parquet"]
    return sorted(TABLES / table / f"{name}.parquet" for name in names)


def summaries() -> dict[str, dict[str, Any]]:
    """Summaries of the tables by name, those of ``trade_flows`` by source: rows, nulls, spans, hashes."""
    flows = {f"trade_flows.{path.stem}" for path in _parts("trade_flows")}
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(SUMMARIES.glob("*.json"))
        if path.stem in flows or not path.stem.startswith("trade_flows.")
    }


def _scan_events(table: str) -> pl.LazyFrame:
    """A table of machine-coded events, over all sources that have been built."""
    from retorsion.events import store as event_store

    read: Callable[[Path], pl.LazyFrame] = {
        "events": event_store.scan_events,
        "event_coverage": lambda folder: event_store.read_coverage(folder).lazy(),
        "event_series": lambda folder: pl.scan_parquet(folder / "event_series.parquet"),
    }[table]
    folders = sorted(path.parent for path in EVENTS.glob("*/event_series.parquet"))
    if not folders:
        raise RetorsionError(
            f"table {table!r} has not been built: no source of events is. "
            "Configure one and run `python -m retorsion build events SOURCE`; docs/events.md says how"
        )
    return pl.concat([read(folder) for folder in folders])


def finding(name: str) -> Any:
    """A finding of ``data/findings`` by the name of its file without ``.json``.

    Returns:
        Its values, each knowing its place (:func:`retorsion.findings.cite`), so that prose leads to it.

    Raises:
        RetorsionError: it has not been computed yet.
    """
    path = FINDINGS / f"{name}.json"
    if not path.exists():
        raise RetorsionError(f"finding {name!r} has not been computed yet. Run `dvc repro` (or `make`) first")
    return cite(json.loads(path.read_text(encoding="utf-8")), name)


def day(value: str) -> date:
    """A date of ``params.yaml``, written in quotes because DVC takes no bare YAML dates.

    Raises:
        ParameterError: it is not a day, or not in quotes.
    """
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ParameterError(
            f'params.yaml, value {value!r}: is not a day. Write it as "YYYY-MM-DD", in quotes'
        ) from None


def save_table(table: str, frame: pl.DataFrame, *, part: str | None = None) -> None:
    """Write a table, or one source's part of it, and its summary."""
    from retorsion.tables.summary import summarise

    path = TABLES / f"{table}.parquet" if part is None else TABLES / table / f"{part}.parquet"
    _write_parquet(path, frame)
    name = table if part is None else f"{table}.{part}"
    write_json(SUMMARIES / f"{name}.json", summarise(frame, table))


def save_quarantine(stage: str, rejected: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Write the rows that a stage could not accept, and give them back as one frame."""
    from retorsion.sources.rows import QUARANTINE_SCHEMA
    from retorsion.tables.fields import conform

    frame = conform(pl.concat([QUARANTINE_SCHEMA.to_frame(), *rejected]), "quarantine")
    _write_parquet(TABLES / "quarantine" / f"{stage}.parquet", frame)
    return frame


def _write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a new file: one that is there may be a link into the cache, whose content must stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    frame.write_parquet(path)


def write_finding(name: str, value: Mapping[str, Any], *, tables: Sequence[str]) -> None:
    """Write a finding, its floats rounded, with the hashes of the tables it was computed from."""
    known = summaries()
    inputs = {table: known[table]["sha256_csv"] for table in tables}
    write_json(FINDINGS / f"{name}.json", {"inputs": inputs, **rounded(value)})


def write_rows(name: str, frame: pl.DataFrame) -> None:
    """Write the rows behind a finding as CSV, floats rounded."""
    path = FINDINGS / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded_frame(frame).write_csv(path)


def input_hashes() -> dict[str, str]:
    """Content hash of every table and finding, by name."""
    tables = {name: str(summary["sha256_csv"]) for name, summary in summaries().items()}
    findings = {
        f"findings/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(FINDINGS.glob("*.json"))
    }
    return tables | findings


def write_text(path: Path, text: str) -> None:
    """Write text with LF line ends on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON the same way on every machine: sorted keys, LF, a final newline, no NaN."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, f"{text}\n")
