"""Months, quarters and years as people and programs write them, read where the column leaves no doubt."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from retorsion.errors import SourceError
from retorsion.sources.rows import Check
from retorsion.sources.text.days import MONTHS, days_of, short_year_check, with_century

#: The first day of a month, as a day or a time, and the month.
_FIRST_DAY = "^([0-9]{4}-([0-9]{2})-01)(?:[T ]00:00.*)?$"
_WHOLE_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ]00:00.*)?$"
#: A time of a day that is not its beginning, or Excel's part of a day.
_LATER = r"[T ](?:0?[1-9]|1[0-9]|2[0-4]):|:[0-5]?[1-9]|^[0-9]{5}\.0*[1-9]"
#: A year and two digits, which may be a month or the year after; and years that are told by their shape.
_YEAR_AND_TWO = "^([0-9]{4})[-/]([0-9]{2})$"
_TWO_YEARS = "(?i)^(?:[0-9]{4}[-/][0-9]{4}|FY ?[0-9]{2,4}(?:[-/][0-9]{2,4})?)$"
#: A year and two digits after a point: a month, or hundredths of a year.
_POINT_AND_TWO = r"^([0-9]{4})\.([0-9]{2})$"
#: Months with their parts in order: year and number, and the other way round; year and name likewise.
_MONTHS = (
    (r"^([0-9]{4})([0-9]{2})(?:\.0)?$", 1, 2), ("^([0-9]{4})[-/]([0-9]{1,2})$", 1, 2),
    ("^([0-9]{4})[-/]?[Mm]([0-9]{1,2})$", 1, 2), (_POINT_AND_TWO, 1, 2), ("^([0-9]{1,2})/([0-9]{4})$", 2, 1),
    (r"^([0-9]{4})[ -]([A-Za-z]{3,9})\.?$", 1, 2), (r"^([A-Za-z]{3,9})\.?[ -]([0-9]{4})$", 2, 1),
)  # fmt: skip
_QUARTERS = (
    ("^([0-9]{4})[ -]?[Qq]([1-4])$", 1, 2), ("^[Qq]([1-4])[ /-]?([0-9]{4})$", 2, 1),
    ("^([1-4])[Qq][ /-]?([0-9]{4})$", 2, 1),
)  # fmt: skip


def periods_of(
    cells: pl.Series, path: Path, *, century: pl.Series | None = None, from_1904: bool = False
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Cells of a column as periods.

    ``2011-12`` may be a month or the year from 2011 to 2012. It is a month unless a cell of the column such as
    ``2012-13`` cannot be one, or all of several name the year after. Days may be the first or the last of periods.

    Args:
        cells: as text.
        path: the file, for the message.
        century: as in :func:`retorsion.sources.text.days.days_of`.
        from_1904: likewise.

    Returns:
        ``period_start``, null where a cell is no period, ``n_months`` (1, 3 or 12) and ``is_fiscal`` (whether it may
        be a year that does not begin in January); and notes.

    Raises:
        SourceError: the periods are written as one and the same day, which may begin a month, a quarter or a year.
    """
    text, notes = _as_first_days(with_century(cells, century), from_1904)
    length, note = _length_of_days(text, path)
    is_fiscal = _are_fiscal(text)
    hundredths = text.str.extract(_POINT_AND_TWO, 2).cast(pl.Int64)
    if not bool(hundredths.is_between(1, 12).all()):
        text = text.set(text.str.contains(_POINT_AND_TWO).fill_null(False), None)
    frame = text.set(is_fiscal, None).alias("period").to_frame()
    return frame.select(**_parts(length), is_fiscal=is_fiscal), (*notes, *note)


def period_checks(column: str) -> tuple[Check, ...]:
    """Tests that a cell is a period, over the columns of :func:`periods_of`."""
    is_period = pl.col("period_start").is_not_null()
    return (
        Check(
            column,
            ~pl.col("is_fiscal"),
            "may be a year that does not begin in January",
            "Write the months or quarters that it has: 2022-03, 2022-Q1.",
        ),
        short_year_check(column, is_period),
        Check(column, is_period, "is not a period", "Write it as 2022, 2022-Q1, 2022-03 or 2022-03-01."),
    )


def _are_fiscal(text: pl.Series) -> pl.Series:
    year, two = (text.str.extract(_YEAR_AND_TWO, part).cast(pl.Int64) for part in (1, 2))
    is_next = ((year + 1) % 100 == two).fill_null(False)
    n_next = text.filter(is_next).n_unique()
    told = bool((is_next & (two > 12)).any()) or (
        n_next > 1 and bool(is_next.filter(two.is_not_null()).all())
    )
    is_two = text.str.contains(_TWO_YEARS).fill_null(False)
    return is_two | is_next if told else is_two


def _as_first_days(text: pl.Series, from_1904: bool) -> tuple[pl.Series, tuple[str, ...]]:
    """Days as people and Excel write them as days, and the last days of periods as their first."""
    days, notes = days_of(text.alias("period"), from_1904=from_1904)
    is_later = text.str.contains(_LATER).fill_null(False)
    text = pl.select(pl.coalesce(days.dt.to_string("%Y-%m-%d").set(is_later, None), text)).to_series()
    is_day = text.str.contains(_WHOLE_DAY).fill_null(False)
    days = text.set(~is_day, None).str.head(10).str.to_date("%Y-%m-%d", strict=False)
    ends = days.drop_nulls()
    if ends.n_unique() < 2 or ends.len() < is_day.sum() or not (ends == ends.dt.month_end()).all():
        return text, notes
    months = set(ends.dt.month())
    length = 12 if months == {12} else 3 if months <= {3, 6, 9, 12} else 1
    firsts = days.dt.month_start().dt.offset_by(f"-{length - 1}mo").dt.to_string("%Y-%m-%d")
    return pl.select(pl.coalesce(firsts, text)).to_series(), (
        *notes,
        "periods are written as days, and are taken for the last days of what ends with them",
    )


def _length_of_days(periods: pl.Series, path: Path) -> tuple[int, tuple[str, ...]]:
    """Months that the periods have which are written as days, and a note that says so."""
    days = periods.drop_nulls().str.extract(_FIRST_DAY, 1).drop_nulls().unique()
    months = set(days.str.slice(5, 2))
    if not months:
        return 1, ()
    if len(days) == 1 and months <= {"01", "04", "07", "10"}:
        day = days[0]
        raise SourceError(
            path.name,
            "may be the first day of a month, a quarter or a year, and no other period tells which",
            column="period",
            value=day,
            remedy=f"Write {day[:7]} for the month, {day[:4]}-Q{int(day[5:7]) // 3 + 1} for the quarter or "
            f"{day[:4]} for the year.",
        )
    length = 12 if months == {"01"} else 3 if months <= {"01", "04", "07", "10"} else 1
    kind = {1: "months", 3: "quarters", 12: "years"}[length]
    return length, (f"periods are written as days, and are taken for the first days of {kind}",)


def _parts(length: int) -> dict[str, pl.Expr]:
    text = pl.col("period")

    def month(shape: str, year: int, number: int) -> pl.Expr:
        of_year = text.str.extract(shape, number).str.to_lowercase().replace(MONTHS)
        return (text.str.extract(shape, year) + of_year.str.zfill(2) + "01").str.to_date(
            "%Y%m%d", strict=False
        )

    def quarter(shape: str, year: int, number: int) -> pl.Expr:
        first = (text.str.extract(shape, number).cast(pl.Int64) * 3 - 2).cast(pl.String).str.zfill(2)
        return (text.str.extract(shape, year) + first + "01").str.to_date("%Y%m%d", strict=False)

    year = (text.str.extract(r"^([0-9]{4})(?:\.0)?$", 1) + "0101").str.to_date("%Y%m%d", strict=False)
    of_quarter = pl.coalesce(quarter(*one) for one in _QUARTERS)
    day = text.str.extract(_FIRST_DAY, 1).str.to_date("%Y-%m-%d", strict=False)
    n_months = (
        pl.when(year.is_not_null())
        .then(12)
        .when(of_quarter.is_not_null())
        .then(3)
        .when(day.is_not_null())
        .then(length)
        .otherwise(1)
    )
    first = pl.coalesce(year, *(month(*one) for one in _MONTHS), of_quarter, day)
    return {"period_start": first, "n_months": n_months.cast(pl.Int64)}
