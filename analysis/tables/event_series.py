"""``event_series``: one row for each directed pair, period and class of events. What escalation takes beside ``acts``.

Transforms on Narwhals lazy frames, as in :mod:`analysis.tables.events`. Only periods with events have rows. Whether
the others are calm or unknown is not for this table to say: ``event_coverage`` says on how many days of a period
the source has anything at all.
"""

from __future__ import annotations

from typing import Any, Literal

import narwhals as nw

from analysis.errors import ParameterError

Frame = nw.LazyFrame[Any]
Period = Literal["day", "week", "month", "quarter"]

#: Length of periods, weeks from Monday.
EVERY = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q"}

#: What one series is told from another by.
SERIES = ("actor_code", "target_code", "quad_type")

#: Scores have at most three decimals; they are summed as whole numbers, so that the order does not matter.
_PARTS = 1000


def period_start(day: nw.Expr, period: str) -> nw.Expr:
    """First day of the period that a day lies in.

    Raises:
        ParameterError: unknown period.
    """
    if period not in EVERY:
        raise ParameterError(f"period {period!r}: unknown. Choose one of {', '.join(EVERY)}")
    return (day if period == "day" else day.dt.truncate(EVERY[period])).cast(nw.Date)


def event_series(events: Frame, period: str) -> Frame:
    """Number, sum and mean of intensity of events.

    Args:
        events: ``event_date``, ``actor_code``, ``target_code``, ``quad_type``, ``intensity``, ``n_sources``.
        period: day, week (from Monday), month or quarter.

    Returns:
        ``period_start``, ``actor_code``, ``target_code``, ``quad_type``, ``n_events``, ``n_scored`` (events whose
        code has a score), ``intensity_sum``, ``intensity_mean`` (null without a scored event), ``n_sources`` (sum
        over events; null where the source counts none). In no particular order.

    Raises:
        ParameterError: unknown period.
    """
    parts = (nw.col("intensity") * _PARTS).round(0).cast(nw.Int64)
    scored = nw.col("n_scored")
    counted = (
        events.with_columns(
            period_start(nw.col("event_date"), period).alias("period_start"), parts.alias("__parts")
        )
        .group_by("period_start", *SERIES)
        .agg(
            nw.len().cast(nw.Int64).alias("n_events"),
            nw.col("__parts").count().cast(nw.Int64).alias("n_scored"),
            nw.col("__parts").sum().cast(nw.Int64).alias("__sum"),
            nw.col("n_sources").count().cast(nw.Int64).alias("__counted"),
            nw.col("n_sources").sum().cast(nw.Int64).alias("__sources"),
        )
    )
    total = nw.col("__sum").cast(nw.Float64) / _PARTS
    return counted.select(
        "period_start",
        *SERIES,
        "n_events",
        "n_scored",
        total.alias("intensity_sum"),
        nw.when(scored > 0).then(total / scored).alias("intensity_mean"),
        nw.when(nw.col("__counted") > 0).then(nw.col("__sources")).alias("n_sources"),
    )


def cumulated(series: Frame) -> Frame:
    """The same with ``previous_sum`` (of the last period with an event, null before) and ``cumulative_sum``.

    Args:
        series: as :func:`event_series` gives it.
    """
    total = nw.col("intensity_sum")
    return series.with_columns(
        total.shift(1).over(*SERIES, order_by="period_start").alias("previous_sum"),
        total.cum_sum().over(*SERIES, order_by="period_start").alias("cumulative_sum"),
    )


def coverage(days: Frame) -> Frame:
    """Rows of a source for each day, of all pairs together.

    Args:
        days: ``covered_day`` (yyyymmdd) of every accepted row.

    Returns:
        ``covered_day``, ``n_rows``.
    """
    return days.group_by("covered_day").agg(nw.len().cast(nw.Int64).alias("n_rows"))
