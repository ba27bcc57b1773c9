"""Dated events as the daily counts that the point process of days takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable, ParameterError, did_you_mean
from retorsion.estimators.daily_hawkes import DailyData
from retorsion.estimators.frames import Frame, as_polars, require_complete

__all__ = ["daily_counts"]


def daily_counts(
    events: Frame,
    *,
    day: str,
    side: str,
    sides: Sequence[str] | None = None,
    start: date | None = None,
    end: date | None = None,
) -> DailyData:
    """Count events by day and side.

    Args:
        events: one row for each event.
        day: column of dates, or of text written YYYY-MM-DD.
        side: column that says who acted.
        sides: the sides counted, in this order; all by default, in alphabetical order.
        start: first day of the window; that of the first event by default.
        end: last day of the window; that of the last event by default. Days without an event count as zero, so the
            window should be one in which events were looked for.

    Returns:
        Counts of the window, events outside it left out, for :func:`fit_daily`.

    Raises:
        NotEstimable: there is no event, or a row has no day or side.
        ParameterError: a column is absent, a day is no date, a side has no event, or the window ends before it begins.

    Example:
        >>> events = pl.DataFrame({"day": ["2024-01-01", "2024-01-03"], "who": ["A", "B"]})
        >>> daily_counts(events, day="day", side="who").counts.tolist()
        [[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]]
    """
    frame = as_polars(events, [day, side], "events")
    require_complete(frame, [day, side], "events")
    if frame.is_empty():
        raise NotEstimable("There is no event to count.")
    dated = frame.select(_dates(frame, day), pl.col(side).cast(pl.String).alias("side"))
    known = dated["side"].unique().sort().to_list()
    chosen = tuple(known if sides is None else sides)
    for one in chosen:
        if one not in known:
            raise ParameterError(f"side {one!r} has no event.{did_you_mean(one, known)} Sides: {known}")
    first = start or dated["day"].min()
    last = end or dated["day"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    if last < first:
        raise ParameterError(f"the window ends on {last}, before it begins on {first}")
    within = dated.filter(pl.col("day").is_between(first, last) & pl.col("side").is_in(chosen))
    counts = np.zeros(((last - first).days + 1, len(chosen)))
    rows = [(one - first).days for one in within["day"]]
    np.add.at(counts, (rows, [chosen.index(one) for one in within["side"]]), 1.0)
    return DailyData(sides=chosen, start=first, counts=counts)


def _dates(frame: pl.DataFrame, column: str) -> pl.Series:
    values = frame[column]
    if values.dtype == pl.Date:
        return values.alias("day")
    if values.dtype == pl.Datetime:
        return values.dt.date().alias("day")
    read = values.cast(pl.String).str.to_date("%Y-%m-%d", strict=False)
    if read.null_count():
        bad = values.filter(read.is_null())[0]
        raise ParameterError(f"column {column!r}: {bad!r} is not a day. Write days as YYYY-MM-DD")
    return read.alias("day")
