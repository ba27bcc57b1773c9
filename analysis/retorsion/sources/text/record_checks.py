"""Checks of cells that the files of the ledgers and the records beside them share: days and months, states, pages."""

from __future__ import annotations

from datetime import date

import polars as pl

from retorsion.sources.rows import Check
from retorsion.sources.states import iso_codes
from retorsion.sources.text.recorded import iso_date, month_date

#: Groups of states, and bodies of them, that may act where no single state does.
GROUPS = ("EU", "G7", "WTO")

CONFIDENCE = ("high", "medium", "low")

URL = r"https?://[\w-]+(?:\.[\w-]+)*\.?(?::[0-9]+)?(?:[/?#]\S*)?"


def first_day(column: str) -> pl.Expr:
    """A date written YYYY-MM-DD, or YYYY-MM as the first day of its month; null where it is neither."""
    return pl.coalesce(iso_date(column), month_date(column))


def day_or_month(column: str, *, optional: bool = False) -> Check:
    """The cell is a day, or a month where only that is known."""
    ok = first_day(column).is_not_null()
    return Check(
        column,
        ok | pl.col(column).is_null() if optional else ok,
        "is not a date",
        "Write it as YYYY-MM-DD, or YYYY-MM where only the month is known, and only dates that exist.",
    )


def not_to_come(column: str) -> Check:
    """No act is recorded before its day; only the day it takes effect or ends may lie ahead."""
    day = first_day(column)
    return Check(
        column,
        day.is_null() | (day <= date.today()),
        "is a day to come",
        "Correct the year, or record the announcement on its own day.",
    )


def identifier(column: str) -> Check:
    """The cell names a row, on pages and in addresses too, and so has nothing in it that either would take amiss."""
    return fits(column, "[a-z0-9][a-z0-9-]*", "an identifier in small letters, digits and hyphens")


def fits(column: str, pattern: str, what: str, *, optional: bool = False) -> Check:
    """The whole cell matches a pattern; ``what`` says in words what that is."""
    ok = pl.col(column).str.contains(f"^(?:{pattern})$")
    return Check(
        column, ok | pl.col(column).is_null() if optional else ok, f"is not {what}", f"Write {what}."
    )


def count(column: str) -> Check:
    """The cell is a whole number that is not negative, or empty."""
    return fits(column, "[0-9]{1,9}", "a whole number that is not negative", optional=True)


def iso_state(column: str) -> Check:
    """The cell is the code of a state, or empty."""
    return Check(
        column,
        pl.col(column).is_in(iso_codes()) | pl.col(column).is_null(),
        "is not a known state",
        "Use an ISO 3166-1 alpha-3 code.",
        iso_codes(),
    )


def urls(column: str = "source_urls") -> Check:
    """The cell is one or more addresses of pages."""
    return fits(
        column,
        f"{URL}(?: {URL})*",
        "one or more addresses of pages, starting with https:// or http:// and parted by single blanks",
    )


def url(column: str = "source_url", *, optional: bool = False) -> Check:
    """The cell is the address of one page."""
    return fits(column, URL, "the address of a page, starting with https:// or http://", optional=optional)
