"""The calendars a case names: steps of others against one of its sides, by day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.escalation.record import Record
from retorsion.sources.states import state_name


def calendar_steps(record: Record, name: str, *, known: bool = False) -> pl.DataFrame:
    """Steps of one calendar of the case whose day is known, in the days for which it is complete.

    Args:
        record: the record.
        name: of a calendar of the case.
        known: take also those known of other days, for a driver, which is better off with some than with none.

    Returns:
        Rows of ``context_events``, sorted by day; may be empty.
    """
    asked = record.asked.calendars[name]
    conditions = [
        pl.col("target_code") == asked.target_code,
        pl.col("event_type").is_in(asked.event_types),
        pl.col("date_precision") == "day",
    ]
    if asked.actor_codes:
        conditions.append(pl.col("actor_code").is_in(asked.actor_codes))
    if asked.steps:
        conditions.append(
            pl.any_horizontal(pl.col("step").str.contains(word, literal=True) for word in asked.steps)
        )
    if asked.min_designations is not None:
        conditions.append(pl.col("n_designations") >= asked.min_designations)
    if asked.complete is not None and not known:
        conditions.append(pl.col("event_date").is_between(asked.complete.start, asked.complete.end))
    return record.events.filter(*conditions).sort("event_date", "event_id")


def calendar_days(record: Record, name: str) -> list[date]:
    """Days with a step of one calendar of the case, each once."""
    return calendar_steps(record, name)["event_date"].unique().sort().to_list()


def driver_days(record: Record, names: Sequence[str]) -> list[date]:
    """Days with a known step of any of the calendars, each once."""
    return sorted(
        {day for name in names for day in calendar_steps(record, name, known=True)["event_date"].to_list()}
    )


def span_tested(record: Record, name: str) -> tuple[date, date]:
    """The part of the dense span for which the calendar is complete.

    Raises:
        NotEstimable: there is none.
    """
    start, end = record.dense()
    complete = record.asked.calendars[name].complete
    if complete is not None:
        start, end = max(start, complete.start), min(end, complete.end)
    if end < start:
        raise NotEstimable(
            f"The calendar {name} is complete for no day of the span in which acts were recorded without a gap, "
            "so nothing can be said about timing."
        )
    return start, end


def require_calendars(record: Record) -> None:
    """Raise NotEstimable, in a sentence, unless the case names calendars and one of them has a step."""
    names = " and ".join(record.names)
    if not record.asked.calendars:
        raise NotEstimable(
            f"No calendar of the steps of others is recorded for {names}, so nothing is known to coordinate with."
        )
    if not any(calendar_days(record, name) for name in record.asked.calendars):
        targets = sorted({calendar.target_code for calendar in record.asked.calendars.values()})
        raise NotEstimable(
            f"The calendars named for {names} hold no step against {' or '.join(map(state_name, targets))} of known "
            "day, so there is nothing to coordinate with."
        )
