"""Findings in notebooks: the numbers or, where there are none, the statement why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from analysis.errors import NotEstimable
from analysis.findings import NOT_ESTIMABLE
from analysis.project import FINDINGS, load, params
from analysis.reports.html import say

#: Short names of publications, by reader; any other source is named by its producer.
_CREDITS = {"baci": "CEPII, BACI", "baci_csv": "CEPII, BACI"}


def rows(name: str) -> pl.DataFrame:
    """The rows behind a finding, by the name of their file without ``.csv``.

    Raises:
        NotEstimable: the file holds a statement in place of rows.
    """
    frame = pl.read_csv(FINDINGS / f"{name}.csv", infer_schema_length=None, try_parse_dates=True)
    if frame.columns == [NOT_ESTIMABLE]:
        raise NotEstimable(str(frame[NOT_ESTIMABLE][0]))
    return frame


#: What the page has said last in the place of an estimate.
_said: list[str] = []


def told(write: Callable[[], Any]) -> Any:
    """What ``write`` gives, or the findings' own sentence where there is no estimate.

    A reason that has just been given is not given again in full.
    """
    try:
        shown = write()
    except NotEstimable as reason:
        if _said == [str(reason)]:
            return say("*No estimate*, for the same reason.")
        _said[:] = [str(reason)]
        return say("*No estimate.* {why}", why=reason)
    _said.clear()
    return shown


def credit(*path: str) -> str:
    """How figures name the source that a parameter names.

    Args:
        path: keys of the parameter, such as ``"impact", "pairwise", "source"``.

    Raises:
        NotEstimable: the parameters name none.
    """
    section: Any = params(*path[:-2])
    source = (section.get(path[-2]) or {}).get(path[-1])
    if source is None:
        raise NotEstimable(f"No source is named by {'.'.join(path)}.")
    row = load("sources").filter(pl.col("source_id") == source).row(0, named=True)
    return _CREDITS.get(row["reader"], str(row["producer"]))
