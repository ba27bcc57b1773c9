"""Days, months and waiting times in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median

#: More waiting times than these are given by their middle and their range.
_MOST_LISTED = 2


def as_day(value: object) -> date:
    """A day, also where findings have it as text."""
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def day_words(value: object) -> str:
    """A day in words, such as ``3 May 2024``."""
    at = as_day(value)
    return f"{at.day} {at:%B %Y}"


def month_words(value: object) -> str:
    """The month of a day in words, such as ``March 2022``."""
    return f"{as_day(value):%B %Y}"


def waits(days: Sequence[float]) -> str:
    """Waiting times in order, one by one, or where they are many by their median and range."""
    if len(days) <= _MOST_LISTED:
        return f"{' and '.join(f'{one:,}' for one in days)} days"
    if days[0] == days[-1]:
        return f"{days[0]:,} days each ({len(days)} acts)"
    return f"a median of {median(days):g} days ({days[0]:,} to {days[-1]:,}; {len(days)} acts)"
