"""Periods of published figures: spans of whole months."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from retorsion.dates import months_between, months_later
from retorsion.errors import SourceError


@dataclass(frozen=True, order=True)
class Period:
    """A span of whole months."""

    start: date
    n_months: int

    @property
    def end(self) -> date:
        """First day after the period."""
        return months_later(self.start, self.n_months)

    def year_before(self) -> Period:
        """The same months of the year before."""
        return Period(self.start.replace(year=self.start.year - 1), self.n_months)

    def n_months_shared(self, other: Period) -> int:
        """How many months are in both."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return max(0, months_between(start, end))


#: The file, as messages call it.
WHERE = "headline figures"

_MONTH = r"([12][0-9]{3})-(0[1-9]|1[0-2])"
_PERIODS = {
    "year": re.compile(r"([12][0-9]{3})"),
    "fiscal": re.compile(r"FY([12][0-9]{3})"),
    "half": re.compile(r"([12][0-9]{3})H([12])"),
    "quarter": re.compile(r"([12][0-9]{3})Q([1-4])"),
    "month": re.compile(_MONTH),
    "months": re.compile(f"{_MONTH}/{_MONTH}"),
}


def parse_period(text: str, *, fiscal_year_start_month: int, row: int | None = None) -> Period:
    """Read a published period.

    Args:
        text: a year ``2023``, a fiscal year ``FY2023`` named after the calendar year it starts in, a half
            ``2023H1``, a quarter ``2023Q1``, a month ``2023-04``, or months ``2023-04/2023-09``, the last
            included.
        fiscal_year_start_month: first month of the fiscal year, 1 to 12.
        row: line of the file, for the message.

    Returns:
        The period.

    Raises:
        SourceError: anything else, or a range that ends before it starts; names the row.
    """
    for kind, pattern in _PERIODS.items():
        match = pattern.fullmatch(text)
        if match is None:
            continue
        year, *rest = (int(part) for part in match.groups())
        if kind == "year":
            return Period(date(year, 1, 1), 12)
        if kind == "fiscal":
            return Period(date(year, fiscal_year_start_month, 1), 12)
        if kind == "half":
            return Period(date(year, 6 * rest[0] - 5, 1), 6)
        if kind == "quarter":
            return Period(date(year, 3 * rest[0] - 2, 1), 3)
        if kind == "month":
            return Period(date(year, rest[0], 1), 1)
        n_months = (rest[1] - year) * 12 + rest[2] - rest[0] + 1
        if n_months > 0:
            return Period(date(year, rest[0], 1), n_months)
    raise SourceError(
        WHERE,
        "is not a period",
        row=row,
        column="period",
        value=text,
        remedy="Write 2023, FY2023, 2023H1, 2023Q1, 2023-04, or 2023-04/2023-09, the earlier month first.",
    )
