"""Where things are: the folders of the project, its parameters, its built tables and findings."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from retorsion.errors import ParameterError, RetorsionError
from retorsion.findings import cite
from retorsion.tables.fields import tables

ROOT = Path(__file__).resolve().parent.parent.parent
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
    names = {"trade_flows": flows, "quarantine": [*flows, params("sources", "rates"), "record"]}.get(table)
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
