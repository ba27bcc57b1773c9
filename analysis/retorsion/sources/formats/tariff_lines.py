"""Tariff lines that steps of a tariff name: lists of eight to ten digits, each with the change it brought."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from retorsion.sources.formats.tariff_rates import LARGEST_RATE
from retorsion.sources.readers import Beginning, Reader
from retorsion.sources.rows import Check, Rows
from retorsion.sources.text.recorded import (
    RecordedLayout,
    cast_to,
    given,
    matches,
    number,
    read_recorded,
    unique,
)

LAYOUT = RecordedLayout(
    ("step", "line_code", "change_pct"),
    (
        given("step"),
        matches("line_code", r"^[0-9]{8}([0-9]{2}[A-Z]?)?$", "a tariff line of eight or ten digits"),
        number("change_pct", optional=True),
        Check(
            "change_pct",
            pl.col("change_pct").is_null()
            | (pl.col("change_pct").cast(pl.Float64, strict=False).abs() <= LARGEST_RATE),
            f"is over {LARGEST_RATE:.0f} points",
            "Check the decimal point; a duty per unit has no place here.",
        ),
        unique("line_code", "step"),
    ),
    {"change_pct": cast_to(pl.Float64)},
)


def read_tariff_lines(path: Path, *, source_id: str, steps: Collection[str] | None = None) -> Rows:
    """Read the lines of the steps of a tariff.

    Args:
        path: the CSV file.
        source_id: id of the source it belongs to.
        steps: the steps there are, of the table beside the file; None leaves them unchecked.

    Returns:
        Accepted: the layout's columns, typed, and ``row``. Notes: lines that stand on two lists, which is kept,
        because a list may name part of a line.

    Raises:
        SourceError: the file as a whole is not in the layout.
    """
    more = []
    if steps is not None:
        known = sorted(steps)
        more.append(
            Check(
                "step",
                pl.col("step").is_in(known),
                "is no step of steps.csv",
                "Correct it, or add the step with its day to steps.csv.",
                tuple(known),
            )
        )
    rows = read_recorded(path, "tariff_lines", source_id=source_id, more=more)
    # Where all lines of a step change alike, the step is a list; other steps follow one another on a line.
    lists = rows.accepted.filter(pl.col("change_pct").is_null())
    twice = lists.filter(pl.col("line_code").is_duplicated()).sort("line_code", "row")
    if twice.is_empty():
        return rows
    named = ", ".join(
        f"{line[0]} (rows {', '.join(map(str, group['row']))}: {' and '.join(group['step'])})"
        for line, group in twice.group_by("line_code", maintain_order=True)
    )
    note = f"lines that stand on two lists, each of which may name part of the line, and are kept: {named}"
    return Rows(rows.accepted, rows.rejected, (*rows.notes, note))


READERS = (
    Reader(
        "tariff_lines",
        "record",
        "tariff lines of the steps of a tariff",
        read_tariff_lines,
        Beginning("CSV", LAYOUT.columns, lambda head: head.cells() == list(LAYOUT.columns)),
        ("step", "line_code"),
    ),
)
