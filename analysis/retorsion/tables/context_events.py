"""``context_events``: what is no act of one side towards the other, and the calendars of coalitions."""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform, tables
from retorsion.tables.ledger import by_target
from retorsion.tables.scores import SCALES, with_codes, with_intensity
from retorsion.tables.source_kinds import with_source_kinds

#: Type of every event of a calendar.
STEP = "coalition_step"


def context_events(
    acts: pl.DataFrame,
    calendar: pl.DataFrame,
    act_types: pl.DataFrame,
    hosts: pl.DataFrame,
    cameo: pl.DataFrame,
    plover: pl.DataFrame,
) -> pl.DataFrame:
    """Events that frame the acts, and the steps of coalitions by day.

    Only provocations, which the other side may protest, have a code and an intensity: an analysis that counts them
    beside the acts takes them from here.

    Args:
        acts: ``acts`` of the ledgers.
        calendar: rows of calendars of coalitions, with ``source_id``; may have no column if there are none.
        act_types: the vocabulary.
        hosts: kinds of sources by host.
        cameo: ``cameo_code``, ``goldstein_score``.
        plover: ``plover_type``, ``plover_score``.

    Returns:
        Table ``context_events``.
    """
    events = (
        by_target(acts.filter(pl.col("domain_type") == "context"))
        .rename({"act_id": "event_id", "announced_date": "event_date", "act_type": "event_type"})
        .with_columns(pl.col("event_type").alias("act_type"))
    )
    coded = with_intensity(with_codes(events, act_types), cameo, plover).join(
        act_types.select("act_type", "is_provocation"), on="act_type", maintain_order="left"
    )
    scored = ["cameo_code", "plover_type", *SCALES]
    recorded = coded.with_columns(pl.when("is_provocation").then(pl.col(name)).alias(name) for name in scored)
    both = pl.concat([recorded, _steps(calendar)], how="diagonal") if len(calendar) else recorded
    absent = [name for name in tables()["context_events"].columns if name not in both.columns]
    filled = both.with_columns(pl.lit(None).alias(name) for name in absent)
    return conform(with_source_kinds(filled, hosts), "context_events")


def _steps(calendar: pl.DataFrame) -> pl.DataFrame:
    return calendar.with_columns(
        pl.lit("day").alias("date_precision"),
        pl.lit(STEP).alias("event_type"),
        pl.lit(False).alias("is_provocation"),
    )
