"""What both sides react to: a calendar of outside events as daily covariates.

Without them a shock that moves both sides at once would be read as one answering the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from retorsion.dates import check_window
from retorsion.errors import ParameterError
from retorsion.estimators.arrays import only_days

__all__ = ["days_around", "decaying_response", "since"]

Floats = NDArray[np.float64]


def _days(dates: Sequence[date], start: date, end: date) -> NDArray[np.int64]:
    check_window(start, end)
    return np.array([(day - start).days for day in sorted(only_days(dates, "events"))], dtype=np.int64)


def since(day: date, start: date, end: date) -> Floats:
    """A step: 0 before ``day``, 1 from that day on, for every day from ``start`` to ``end``."""
    n_days = int((end - start).days) + 1
    check_window(start, end)
    return (np.arange(n_days) >= (day - start).days).astype(np.float64)


def decaying_response(
    events: Sequence[date], start: date, end: date, *, half_life_days: float, lead_days: int = 0
) -> Floats:
    """Sum over events of a response that is 1 on the day of the event and then halves again and again.

    Args:
        events: days of the events; those before ``start`` count with what is left of them.
        start: day of the first value.
        end: day of the last value.
        half_life_days: days in which the response falls by half.
        lead_days: days before the event from which the response holds at 1 already, for events that are
            prepared and known to both sides in advance.

    Returns:
        One value per day.

    Raises:
        ParameterError: the half-life is not positive, the lead is negative, or an event is no date.
    """
    if not half_life_days > 0 or lead_days < 0:
        raise ParameterError(
            f"half-life {half_life_days} and lead {lead_days} days: the half-life must be above zero and the "
            "lead at least zero. Change them"
        )
    at = _days(events, start, end)
    age = np.arange((end - start).days + 1)[:, None] - at[None, :]
    response = np.where(age >= -lead_days, 0.5 ** (np.maximum(age, 0) / half_life_days), 0.0)
    return np.asarray(response.sum(axis=1))


def days_around(events: Sequence[date], start: date, end: date, *, before: int, after: int) -> Floats:
    """1 on days from ``before`` days before an event to ``after`` days after it, else 0.

    Args:
        events: days of the events.
        start: day of the first value.
        end: day of the last value.
        before: days before each event that count.
        after: days after each event that count.

    Returns:
        One value per day.
    """
    at = _days(events, start, end)
    age = np.arange((end - start).days + 1)[:, None] - at[None, :]
    near = (age >= -before) & (age <= after)
    return np.asarray(near.any(axis=1), dtype=np.float64)
