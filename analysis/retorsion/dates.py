"""Calendar months and windows of days."""

from __future__ import annotations

from datetime import date

from retorsion.errors import ParameterError


def months_later(day: date, months: int) -> date:
    """First day of the month that many months after (negative: before) the month of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, second: date) -> int:
    """Months from the month of ``first`` to the month of ``second``; negative if it is earlier."""
    return (second.year - first.year) * 12 + second.month - first.month


def check_window(start: date, end: date) -> None:
    """Raise ParameterError unless ``start`` is not after ``end``."""
    if end < start:
        raise ParameterError(f"window {start} to {end}: ends before it starts. Swap the two dates")
