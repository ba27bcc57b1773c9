"""Dated events of anybody's frame as daily counts."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators import daily_counts

EVENTS = {"day": ["2024-01-01", "2024-01-03", "2024-01-03"], "who": ["A", "B", "B"]}


@pytest.mark.parametrize(
    "frame",
    [
        pl.DataFrame(EVENTS),
        pl.LazyFrame(EVENTS),
        pd.DataFrame(EVENTS),
        pl.DataFrame(EVENTS).with_columns(pl.col("day").str.to_date()),
        pd.DataFrame(EVENTS).assign(day=lambda frame: pd.to_datetime(frame["day"])),
        pl.DataFrame(
            {"day": [datetime(2024, 1, 1, 8), *[datetime(2024, 1, 3, 9)] * 2], "who": ["A", "B", "B"]}
        ),
    ],
)
def test_days_without_an_event_count_as_zero(frame: object) -> None:
    data = daily_counts(frame, day="day", side="who")
    assert data.sides == ("A", "B")
    assert data.start == date(2024, 1, 1)
    assert data.counts.tolist() == [[1, 0], [0, 0], [0, 2]]


def test_a_window_and_the_order_of_sides_may_be_given() -> None:
    data = daily_counts(
        EVENTS_FRAME, day="day", side="who", sides=["B", "A"], start=date(2024, 1, 2), end=date(2024, 1, 5)
    )
    assert data.counts.tolist() == [[0, 0], [2, 0], [0, 0], [0, 0]]


EVENTS_FRAME = pl.DataFrame(EVENTS)


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"day": "date"}, ParameterError, "lacks the columns"),
        ({"sides": ["C"]}, ParameterError, "has no event"),
        ({"start": date(2025, 1, 1)}, ParameterError, "before it begins"),
    ],
)
def test_what_cannot_be_counted_is_named(given: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        daily_counts(EVENTS_FRAME, **{"day": "day", "side": "who", **given})


def test_days_that_are_none_and_rows_without_one_are_named() -> None:
    with pytest.raises(ParameterError, match="'1 May 2024' is not a day"):
        daily_counts(pl.DataFrame({"day": ["1 May 2024"], "who": ["A"]}), day="day", side="who")
    with pytest.raises(NotEstimable, match="some have no value"):
        daily_counts(pl.DataFrame({"day": ["2024-05-01", None], "who": ["A", "A"]}), day="day", side="who")
    with pytest.raises(NotEstimable, match="no event"):
        daily_counts(EVENTS_FRAME.clear(), day="day", side="who")
