"""Days, months and waiting times in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from statistics import median

#: More waiting times than these are given by their middle and their range.
_MOST_LISTED = 2
#: A month alone, which is no part of a day or of a longer number.
_MONTH = re.compile(r"(?<![\w-])\d{4}-(0[1-9]|1[0-2])(?![\w-])")


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


def months_in_words(text: str) -> str:
    """A text whose months are in words.

    Example:
        >>> months_in_words("2023-09 to 2026-03, 26 series"), months_in_words("2022-03-01")
        ('September 2023 to March 2026, 26 series', '2022-03-01')
    """
    return _MONTH.sub(lambda found: month_words(f"{found[0]}-01"), text)


def waits(days: Sequence[float]) -> str:
    """Waiting times in order, one by one, or where they are many by their median and range."""
    if len(days) <= _MOST_LISTED:
        return f"{' and '.join(f'{one:,}' for one in days)} days"
    if days[0] == days[-1]:
        return f"{days[0]:,} days each ({len(days)} acts)"
    return f"a median of {median(days):g} days ({days[0]:,} to {days[-1]:,}; {len(days)} acts)"
