"""What commands show of a file: its rows, what was quarantined, the first of them."""

from __future__ import annotations

import shutil
import sys
from datetime import date

import polars as pl
import typer

from retorsion.errors import RetorsionError
from retorsion.sources.rows import REPEATED, Rows, messages

#: Largest part of the rows of a new vintage that may be quarantined before it is refused.
QUARANTINE_LIMIT = 0.1

_SHOWN = 10


def judged(rows: Rows, what: str) -> Rows:
    """Rows of a new vintage, unless more of them were quarantined than a sound file explains.

    A row that says what an earlier one says is no fault: it counts once.
    """
    faulty = rows.rejected.filter(~pl.col("reason").str.starts_with(REPEATED))
    n_bad, n_all = len(faulty), len(rows.rejected) + len(rows.accepted)
    if n_bad > QUARANTINE_LIMIT * n_all:
        raise RetorsionError(
            f"{what}: {n_bad} of {n_all} rows cannot be read, more than {QUARANTINE_LIMIT:.0%}. The first: "
            f"{messages(faulty.head(1))[0]}"
        )
    return rows


def summary_line(which: str, day: str, rows: Rows, n_bytes: int) -> str:
    """One line on a file: how many rows were accepted and quarantined, and its size."""
    return (
        f"  {which}  {day:<10}  {len(rows.accepted):>9,} rows  {len(rows.rejected):>5,} quarantined  "
        f"{n_bytes:>13,} bytes"
    )


def show_quarantine(rows: Rows) -> None:
    """Show the first rows that were quarantined, and why."""
    for message in messages(rows.rejected.head(_SHOWN)):
        typer.echo(f"  quarantined: {message}")
    if len(rows.rejected) > _SHOWN:
        typer.echo(f"  quarantined: and {len(rows.rejected) - _SHOWN} rows more")


def show_rows(rows: pl.DataFrame, n: int = 5, n_columns: int = 8) -> None:
    """The first rows in their first columns that are not empty there, and the names of the others."""
    first = rows.head(n)
    filled = [name for name in first.columns if first[name].null_count() < len(first)]
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    with pl.Config(
        tbl_formatting="UTF8_FULL_CONDENSED" if is_utf8 else "ASCII_FULL_CONDENSED",
        tbl_cols=n_columns,
        tbl_width_chars=_width(),
        fmt_str_lengths=24,
        tbl_hide_dataframe_shape=True,
    ):
        typer.echo(str(first.select(filled[:n_columns])))
    others = [name for name in rows.columns if name not in filled[:n_columns]]
    if others:
        typer.echo(f"  and: {', '.join(others)}")


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


def parse_day(text: str) -> date:
    """The day that the option ``--date`` gives.

    Raises:
        RetorsionError: it is not a day, or no day a vintage can have.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RetorsionError(f"--date {text!r} is not a day. Write it as YYYY-MM-DD") from None
    return checked_day(day, "--date")


def checked_day(day: date, where: str) -> date:
    """A day, unless no vintage can be of it.

    Raises:
        RetorsionError: it is still to come, or before 1900.
    """
    if day > date.today() or day.year < 1900:
        problem = "is still to come" if day > date.today() else "is before 1900"
        raise RetorsionError(
            f"{where}: the day {day} {problem}. Give the day of the vintage: --date YYYY-MM-DD"
        )
    return day
