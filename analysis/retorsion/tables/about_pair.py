"""Rows of a table that are about a pair of states."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl


def events_about(
    events: pl.DataFrame, pair: Sequence[str], sources: Sequence[str] | None = None
) -> pl.DataFrame:
    """The events in which one of a pair acts or is acted upon, each once.

    Those of other pairs' calendars are left out, so that the calendar of another conflict is never taken for one of
    this pair. A side may stand in the ledgers of several pairs: ``sources`` says which ones are about this pair, and of
    the others only what one side does toward the other stays.

    Args:
        events: table ``context_events``.
        pair: codes of the two states.
        sources: ids of the sources whose events stand around the acts of the pair; all by default.

    Returns:
        Rows of ``events`` in their order; of an event with several targets the row of one of the pair, if there is one.
    """
    by_pair, at_pair = pl.col("actor_code").is_in(pair), pl.col("target_code").is_in(pair)
    own = pl.lit(True) if sources is None else pl.col("source_id").is_in(sources)
    return (
        events.with_row_index("__place")
        .filter(own & (by_pair | at_pair) | (by_pair & at_pair))
        .sort(at_pair, "__place", descending=[True, False])
        .unique("event_id", keep="first", maintain_order=True)
        .sort("__place")
        .drop("__place")
    )
