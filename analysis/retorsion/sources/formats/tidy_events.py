"""Dated events in a tidy table of one's own: who did what to whom on which day, and how often.

The table may be CSV, Parquet or a workbook; see :mod:`retorsion.sources.text.tidy` for the mapping of its columns.
A day is written with its year first (``2022-03-01``) or its month by name (``1 March 2022``); ``13/03/2022`` and
numbers of days as Excel counts them are read where the column leaves no doubt. A year of two digits is read where the
mapping says its century (``century: =20``).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from retorsion.sources.readers import Reader
from retorsion.sources.rows import ROW, Check, Rows, sift
from retorsion.sources.text.days import COUNTS_FROM_1904, day_checks, days_of
from retorsion.sources.text.tidy import MAPPING, Field, begins_with, read_mapped, state_check, states_of

FIELDS = (
    Field("date", ("event_date", "day", "sqldate", "announced_date")),
    Field("actor", ("actor_code", "source", "sender", "imposer", "initiator", "side_a", "country_a")),
    Field("target", ("target_code", "recipient", "addressee", "side_b", "country_b")),
    Field("kind", ("event_type", "type", "act_type", "cameo_code", "category", "code", "relation")),
    Field("counts", ("n_events", "n", "count", "events"), is_needed=False, default="1"),
    Field("url", ("source_url", "link", "source_urls"), is_needed=False),
    Field("states", (), is_needed=False, default="iso"),
    Field("century", (), is_needed=False),
)


def read_tidy_events(path: Path, *, source_id: str, columns: Mapping[str, str] | None = None) -> Rows:
    """Read a table of dated events.

    Args:
        path: CSV, Parquet or a workbook.
        source_id: id of the source it belongs to.
        columns: field of :data:`FIELDS` to column, or to ``=`` and a value; None if the columns are called
            like the fields.

    Returns:
        ``row``, ``event_date``, ``actor_state_code``, ``target_state_code``, ``event_kind`` (as written),
        ``n_events`` (1 where the table does not count), ``source_url``. Several rows of one day, pair and kind
        are several events.

    Raises:
        SourceError: no table, or a mapping that does not fit it.
    """
    read = read_mapped(path, columns, FIELDS, source_id=source_id)
    states = states_of(read.accepted, ("actor", "target"), path, columns)
    days, notes = days_of(
        read.accepted["date"],
        century=read.accepted["century"],
        from_1904=COUNTS_FROM_1904 in read.notes,
    )
    n = pl.col("counts").str.strip_suffix(".0")
    typed = read.accepted.with_columns(
        event_date=days,
        actor_state_code=states["actor"],
        target_state_code=states["target"],
        n_events=pl.when(n.str.contains("^[0-9]{1,9}$")).then(n).cast(pl.Int64, strict=False),
    )
    checks = (
        *day_checks("date", "event_date"),
        state_check("actor", "actor_state_code"),
        state_check("target", "target_state_code"),
        Check(
            "target",
            pl.col("actor_state_code") != pl.col("target_state_code"),
            "is the actor, too",
            "An event is between two states.",
        ),
        Check("kind", pl.col("kind").is_not_null(), "is missing", MAPPING),
        Check("counts", pl.col("n_events") >= 0, "is not a whole number of at least 0", MAPPING),
        Check(
            "url",
            pl.col("url").is_null() | pl.col("url").str.contains(r"^https?://[^\s<>]+$"),
            "is no address of a page",
            "Write it as https://..., or leave it empty.",
        ),
    )
    sifted = sift(typed, checks, source_id=source_id, file=path.name)
    accepted = sifted.accepted.select(
        ROW,
        "event_date",
        "actor_state_code",
        "target_state_code",
        pl.col("kind").alias("event_kind"),
        "n_events",
        pl.col("url").alias("source_url"),
    )
    rows = Rows(accepted, pl.concat([read.rejected, sifted.rejected]), (*read.notes, *notes))
    return rows.check(len(read.accepted) + len(read.rejected), path.name)


READERS = (
    Reader(
        "tidy_events",
        "events",
        "dated events in a tidy table of one's own (CSV, Parquet, xlsx)",
        read_tidy_events,
        begins_with(FIELDS),
        (),
        ("columns",),
    ),
)
