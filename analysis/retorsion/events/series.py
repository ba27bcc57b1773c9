"""``event_series``: one row for each directed pair, period and class of events.

Transforms on Narwhals lazy frames, as in :mod:`retorsion.events.events`. Only periods with events have rows.
Whether the others are calm or unknown is not for this table to say: ``event_coverage`` says on how many
days of a period the source has anything at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import narwhals as nw

from retorsion.errors import ParameterError
from retorsion.events.engines import WHOLE
from retorsion.events.events import PARTS, SURE, between_states, placed

Frame = nw.LazyFrame[Any]
Period = Literal["day", "week", "month", "quarter"]

#: Length of periods, weeks from Monday.
EVERY = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q"}

#: What one series is told from another by.
SERIES = ("actor_code", "target_code", "quad_type")
_KEYS = ("period_start", *SERIES)

#: What becomes of rows that are no part of a series: one that its text has to decide on, and one whose line
#: has another number of fields than its layout. Both stand as days that do not exist where rows are counted.
FATE, DOUBTFUL, BROKEN = "fate", "doubtful", "broken"
_OF = {DOUBTFUL: -1, BROKEN: -2}


def period_start(day: nw.Expr, period: str) -> nw.Expr:
    """First day of the period that a day lies in.

    Raises:
        ParameterError: unknown period.
    """
    if period not in EVERY:
        raise ParameterError(f"period {period!r}: unknown. Choose one of {', '.join(EVERY)}")
    if period == "week":  # which Narwhals does not truncate to
        first = day.dt.offset_by("-6d")  # of a Sunday, which not every engine numbers 7
        for n_after_monday in range(6):
            is_it = day.dt.weekday() == n_after_monday + 1
            first = nw.when(is_it).then(day.dt.offset_by(f"-{n_after_monday}d")).otherwise(first)
        return first.cast(nw.Date)
    return (day if period == "day" else day.dt.truncate(EVERY[period])).cast(nw.Date)


def tallied(events: Frame, *keys: str, more: Sequence[nw.Expr] = ()) -> Frame:
    """Events counted and scores added up within keys.

    Args:
        events: ``parts`` (thousandths of a point), ``n_sources``, and the keys.
        keys: columns to group by.
        more: what else is made of the events of a group.

    Returns:
        The keys, ``n_events``, ``n_scored``, ``parts`` (thousandths of a point), ``n_counted`` (events whose
        sources are counted), ``sources``, and what else is made.
    """
    return events.group_by(*keys).agg(
        *more,
        nw.len().cast(nw.Int64).alias("n_events"),
        nw.col("parts").count().cast(nw.Int64).alias("n_scored"),
        nw.col("parts").sum().alias("parts"),
        nw.col("n_sources").count().cast(nw.Int64).alias("n_counted"),
        nw.col("n_sources").sum().cast(nw.Int64).alias("sources"),
    )


def measured(tallies: Frame, *others: str) -> Frame:
    """The columns of a series from tallies by ``period_start`` and SERIES; the others stay as they are."""
    total, n_scored = nw.col("parts") / PARTS, nw.col("n_scored")
    return tallies.select(
        "period_start",
        *SERIES,
        "n_events",
        "n_scored",
        total.alias("intensity_sum"),
        nw.when(n_scored > 0).then(total / n_scored).alias("intensity_mean"),
        nw.when(nw.col("n_counted") > 0).then(nw.col("sources")).alias("n_sources"),
        *others,
    )


def event_series(events: Frame, period: str) -> Frame:
    """Number, sum and mean of intensity of events.

    Args:
        events: ``event_date``, ``actor_code``, ``target_code``, ``quad_type``, ``intensity``, ``n_sources``.
        period: day, week (from Monday), month or quarter.

    Returns:
        ``period_start``, ``actor_code``, ``target_code``, ``quad_type``, ``n_events``, ``n_scored`` (events
        whose code has a score), ``intensity_sum``, ``intensity_mean`` (null without a scored event),
        ``n_sources`` (sum over events; null where the source counts none). In no particular order.

    Raises:
        ParameterError: unknown period.
    """
    day = nw.col("event_date")
    parts = (nw.col("intensity") * PARTS + 0.5).floor().alias("parts")
    first = period_start(day, period).alias("period_start")
    if period != "month":
        return measured(tallied(events.with_columns(parts, first), "period_start", *SERIES))
    # Engines number months faster than they truncate days to them: only one day of each is truncated.
    number = (day.dt.year() * 12 + day.dt.month()).alias("__month")
    counted = tallied(events.with_columns(parts, number), "__month", *SERIES, more=[day.min()])
    return measured(counted.with_columns(first))


def coverage(days: Frame) -> Frame:
    """Rows of a source for each day, of all pairs together.

    Args:
        days: ``covered_day`` (yyyymmdd) of every accepted row.

    Returns:
        ``covered_day``, ``n_rows``.
    """
    return days.group_by("covered_day").agg(nw.len().cast(nw.Int64).alias("n_rows"))


def series_of_rows(
    rows: Frame, days: Frame, states: Frame, period: str, pairs: Sequence[tuple[str, str]] | None = None
) -> Frame:
    """The series at once from scored rows of a source, for a look at files that are not kept.

    Codes are counted first and mapped to dates and states afterwards, when there are few. Rows are taken as
    they come: an event that is there twice counts twice.

    Args:
        rows: as :func:`retorsion.events.events.scored` gives them.
        days: :func:`retorsion.events.events.calendar`.
        states: :func:`retorsion.events.events.states_of`.
        period: day, week (from Monday), month or quarter.
        pairs: the pairs of states that are kept; all if None.

    Returns:
        As :func:`event_series`, and the rows that are not sure: their ``n_events`` by FATE, DOUBTFUL or
        BROKEN, null in a row of the series.

    Raises:
        ParameterError: unknown period.
    """
    keys = ("event_day", "covered_day", "actor_key", "target_key", "quad_class")
    sure, two = nw.col(SURE), nw.col("actor_key") != nw.col("target_key")  # one key is one state, no key none
    unsure = nw.when(nw.col(WHOLE)).then(nw.lit(_OF[DOUBTFUL])).otherwise(nw.lit(_OF[BROKEN]))
    covered = nw.when(sure).then(_month_of("covered_day")).otherwise(unsure).alias("covered_day")
    coarse = [covered] + ([] if period in ("day", "week") else [_month_of("event_day").alias("event_day")])
    counted = tallied(rows.filter(~sure | two).with_columns(*coarse), *keys)
    found = placed(counted.with_columns(nw.lit(True).alias(SURE)), days, states)
    # A day that does not exist makes a row doubtful, too.
    is_broken = nw.col("covered_day") == _OF[BROKEN]
    fate = nw.when(is_broken).then(nw.lit(BROKEN)).otherwise(nw.when(~sure).then(nw.lit(DOUBTFUL)))
    first = period_start(nw.col("event_date"), period)
    of_series = [first.alias("period_start"), *map(nw.col, SERIES)]
    whole = ("n_events", "n_scored", "n_counted", "sources")
    added = (
        found.filter(~sure | between_states(pairs))
        .select(
            fate.alias(FATE),
            *(nw.when(sure).then(key).alias(name) for key, name in zip(of_series, _KEYS, strict=True)),
            "parts",
            *whole,
        )
        .group_by(FATE, *_KEYS)
        .agg(nw.col("parts").sum(), *(nw.col(name).sum().cast(nw.Int64).alias(name) for name in whole))
    )
    return measured(added, FATE)


def _month_of(day: str) -> nw.Expr:
    """The first of its month for a day (yyyymmdd) that is in every month; the day itself for any other.

    One is a date if and only if the other is, and there are ten times fewer of them.
    """
    number = nw.col(day) % 100
    moved = (number >= 1) & (number <= 28)
    return nw.when(moved).then(nw.col(day) - number + 1).otherwise(nw.col(day)).cast(nw.Int64)
