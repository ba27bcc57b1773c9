"""Tables as they would have read on a given day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

#: The column that says since when a row is known, for each table that has dated rows; where it is null, the
#: next one. A list without dates is known since the vintage that first showed the entry.
KNOWN_SINCE = {
    "acts": "act_date",
    "sanctions": ("announced_date", "first_observed_date"),
    "trade_measures": "announced_date",
    "diplomatic_actions": "action_date",
    "context_events": "event_date",
    "published_totals": "as_of_date",
    "trade_flows": "period_start",
    "exchange_rates": "rate_date",
}

#: Facts that come after the row they stand in: unknown until their own day.
LATER_FACTS = ("ended_date", "revoked_date", "absent_by_date")


def as_of(frame: pl.DataFrame, table: str, day: date) -> pl.DataFrame:
    """Rows of a table known on ``day``, without what came later.

    Args:
        frame: rows of the table.
        table: its name, one of :data:`KNOWN_SINCE`.
        day: the day.

    Returns:
        Rows dated on or before the day; ended, revoked and absent-by dates after it are null. An effective
        date is kept, since it is announced with the act.

    Raises:
        KeyError: the table has no dated rows.
    """
    later = [name for name in LATER_FACTS if name in frame.columns]
    return frame.filter(pl.coalesce(KNOWN_SINCE[table]) <= day).with_columns(
        pl.when(pl.col(name) <= day).then(pl.col(name)).alias(name) for name in later
    )


def designations_as_of(
    sanctions: pl.DataFrame, day: date, *, sender_code: str, programmes: Sequence[str] | None = None
) -> dict[str, int]:
    """Number of subjects a sender had designated by a day and not removed, by kind.

    Designations count from their announcement: a bank frozen from next month is designated today. Removed
    entries count until the day their removal is known.

    Args:
        sanctions: table ``sanctions``.
        day: the day.
        sender_code: the state that designates.
        programmes: programme codes to count; all where None.

    Returns:
        Subjects by ``subject_type``, in alphabetical order.
    """
    known = as_of(sanctions, "sanctions", day).filter(
        (pl.col("sender_code") == sender_code)
        & pl.col("revoked_date").is_null()
        & pl.col("absent_by_date").is_null()
    )
    if programmes is not None:
        known = known.filter(pl.col("programme_code").is_in(list(programmes)))
    counts = known.group_by("subject_type").agg(pl.col("n_subjects").sum()).sort("subject_type")
    return {kind: int(n) for kind, n in counts.iter_rows()}
