"""Readers of recorded facts: small CSV files that the project keeps in Git in layouts of its own.

Each layout is a file of :mod:`retorsion.sources.formats` with its columns and the checks that every row must
pass; one function reads them all. The ledger of acts has several files and references between them, and a
reader of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from pathlib import Path

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.readers import FORMATS, Beginning, Kind, Reader, as_they_are
from retorsion.sources.rows import Check, Rows, messages, sift
from retorsion.sources.states import known_codes
from retorsion.sources.text.strict_csv import read_strict_csv

DATE_REMEDY = "Write the date as YYYY-MM-DD, and only dates that exist."


@dataclass(frozen=True)
class RecordedLayout:
    """Columns of one file, the checks of its rows, and how its text becomes typed columns."""

    columns: tuple[str, ...]
    checks: tuple[Check, ...]
    types: Mapping[str, Callable[[pl.Expr], pl.Expr]] = field(default_factory=dict)


def iso_date(column: str) -> pl.Expr:
    """A date column written YYYY-MM-DD; null where it is not one."""
    text = pl.col(column)
    parsed = text.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")).then(parsed)


def month_date(column: str) -> pl.Expr:
    """A month written YYYY-MM, as its first day; null where it is not one."""
    text = pl.col(column)
    parsed = (text + "-01").str.to_date("%Y-%m-%d", strict=False)
    return pl.when(text.str.contains(r"^[0-9]{4}-[0-9]{2}$")).then(parsed)


def given(column: str) -> Check:
    """The cell may not be empty."""
    return Check(column, pl.col(column).is_not_null(), "is missing", f"Fill in {column}.")


def one_of(column: str, allowed: tuple[str, ...]) -> Check:
    """The cell is one of the words allowed."""
    return Check(
        column, pl.col(column).is_in(allowed), "is unknown", f"Use one of: {', '.join(allowed)}.", allowed
    )


def matches(column: str, pattern: str, what: str) -> Check:
    """The cell matches a pattern; ``what`` says in words what that is."""
    return Check(column, pl.col(column).str.contains(pattern), f"is not {what}", f"Write {what}.")


def unique(column: str, *others: str) -> Check:
    """No earlier row has the same cell, or the same cells of several columns."""
    return Check(
        column,
        pl.struct(column, *others).is_first_distinct() if others else pl.col(column).is_first_distinct(),
        "is a duplicate of an earlier row",
        "Keep one row, or give this one an identifier of its own.",
    )


def day(column: str, *, optional: bool = False) -> Check:
    """The cell is a day, written YYYY-MM-DD."""
    ok = iso_date(column).is_not_null()
    return Check(column, ok | pl.col(column).is_null() if optional else ok, "is not a date", DATE_REMEDY)


def state(column: str) -> Check:
    """The cell is the code of a state, or empty."""
    return Check(
        column,
        pl.col(column).is_null() | pl.col(column).is_in(list(known_codes())),
        "is not a known state",
        "Use an ISO 3166-1 alpha-3 code, or add the code to states.csv.",
    )


def number(column: str, *, optional: bool = False) -> Check:
    """The cell is a finite number."""
    ok = pl.col(column).cast(pl.Float64, strict=False).is_finite()
    if optional:
        ok = ok | pl.col(column).is_null()
    return Check(column, ok, "is not a number", "Write a plain decimal number.")


def cast_to(dtype: type[pl.DataType]) -> Callable[[pl.Expr], pl.Expr]:
    """How a column of text becomes one of another type."""
    return lambda text: text.cast(dtype)


def is_url(column: str) -> Check:
    """The cell is the address of a page."""
    return Check(
        column,
        pl.col(column).str.contains(r"^https?://[^\s/]+\S*$"),
        "is not the address of a page",
        "Give the page the fact was read from, starting with https:// or http://.",
    )


def recorded_reader(
    name: str,
    kind: Kind,
    what: str,
    layout: RecordedLayout,
    *,
    key: tuple[str, ...] = (),
    subjects: Callable[[pl.DataFrame], pl.DataFrame] = as_they_are,
) -> Reader:
    """The registration of a recorded layout: its files have exactly its columns."""
    return Reader(
        name,
        kind,
        what,
        partial(read_recorded, layout=name),
        Beginning("CSV", layout.columns, lambda head: head.cells() == list(layout.columns)),
        key,
        subjects=subjects,
    )


def layout_of(name: str) -> RecordedLayout:
    """The layout that the module ``name`` of :mod:`retorsion.sources.formats` holds."""
    layout = import_module(f"{FORMATS}.{name}").LAYOUT
    assert isinstance(layout, RecordedLayout), name
    return layout


def read_recorded(path: Path, layout: str, *, source_id: str, more: Sequence[Check] = ()) -> Rows:
    """Read a file of recorded facts.

    Args:
        path: the CSV file.
        layout: name of its layout, which is that of its module.
        source_id: id of the source it belongs to.
        more: checks beside the layout's own, of what another file says.

    Returns:
        The layout's columns, typed, and ``row``; and the rows that failed a check.

    Raises:
        SourceError: the file as a whole is not in the layout.
    """
    spec = layout_of(layout)
    frame = read_strict_csv(path, spec.columns)
    rows = sift(frame, (*spec.checks, *more), source_id=source_id, file=path.name, every_fault=True)
    typed = rows.accepted.with_columns(convert(pl.col(name)) for name, convert in spec.types.items())
    return Rows(typed, rows.rejected).check(len(frame), path.name)


def read_complete(path: Path, layout: str, *, source_id: str, more: Sequence[Check] = ()) -> pl.DataFrame:
    """Read a file of which no row may be missing, since each says what many rows of another file mean.

    Arguments as :func:`read_recorded`.

    Returns:
        The layout's columns, typed, and ``row``.

    Raises:
        SourceError: the file as a whole is not in the layout.
        RetorsionError: a row fails a check; names the first, and how many more there are.
    """
    rows = read_recorded(path, layout, source_id=source_id, more=more)
    if n := len(rows.rejected):
        others = f" ({n - 1} more)" if n > 1 else ""
        raise RetorsionError(f"{source_id}: {messages(rows.rejected)[0]}{others}")
    return rows.accepted
