"""Days as people and programs write them, read where a cell or its column leaves no doubt."""

from __future__ import annotations

from calendar import month_abbr, month_name

import polars as pl

from retorsion.sources.rows import Check

#: Months by their English names, in small letters.
MONTHS = {
    name.lower(): f"{number:02}"
    for names in (month_name, month_abbr, ("",) * 9 + ("sept",))
    for number, name in enumerate(names)
    if name
}

#: A time of day after a day, with or without its zone.
_TIME = (
    r"(?:[T ][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm])?"
    r"(?: ?(?:Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}))?)?$"
)
_YEAR, _DAY, _WORD = "(?P<y>[0-9]{4})", "(?P<d>[0-9]{1,2})", r"(?P<m>[A-Za-z]{3,9})\.?"
#: Days whose parts are told by their shape: year first, or the month by its name.
_SURE = (
    *(f"^{_YEAR}{mark}(?P<m>[0-9]{{1,2}}){mark}{_DAY}{_TIME}" for mark in ("-", "/", r"\.")),
    rf"^{_YEAR}(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})(?:\.0)?$",
    f"^{_DAY}(?:st|nd|rd|th)?[ -](?:of )?{_WORD}[ -]{_YEAR}{_TIME}",
    f"^{_WORD} {_DAY}(?:st|nd|rd|th)?,? {_YEAR}{_TIME}",
)
#: Days of which the column has to tell whether the day or the month comes first.
_PARTED = tuple(
    f"^(?P<first>[0-9]{{1,2}}){mark}(?P<second>[0-9]{{1,2}}){mark}{_YEAR}{_TIME}"
    for mark in ("/", r"\.", "-")
)
#: A day or month whose year has two digits.
SHORT_YEAR = "^(?:[0-9]{1,2}[/.-])?(?:[0-9]{1,2}[/.-]|[0-9]{0,2}[ -]?[A-Za-z]{3,9}[ .-]{1,2})[0-9]{2}$"
_NUMBER = r"^([0-9]{5})(?:\.[0-9]+)?$"
#: Numbers of the days from 1990 to 2049 as Excel counts them. Stata, R and SAS give them to other years.
_FIRST, _LAST = 32874, 54788
_EXCEL = "1899-12-30"
_MAC = "1904-01-01"
#: What a workbook says that counts days from 1904, as a note on its rows.
COUNTS_FROM_1904 = "the workbook counts days from 1904"


def days_of(
    cells: pl.Series, *, century: pl.Series | None = None, from_1904: bool = False
) -> tuple[pl.Series, tuple[str, ...]]:
    """Cells of a column as days, and notes where the column had to tell what they mean.

    ``03/04/2022`` alone may be in March or in April. It is a day only where another cell of the column shows whether
    days or months come first: ``13/04/2022``. ``44621`` is a day as Excel counts them only where all cells are, or
    where the others are days with their year first.

    Args:
        cells: as text.
        century: the first two digits of years that are written with two; null where nothing says it.
        from_1904: whether the workbook of the cells counts days from 1904.

    Returns:
        Days, null where a cell is none; and the notes.
    """
    frame = with_century(cells, century).alias("c").to_frame()
    sure = frame.select(pl.coalesce(_date(_groups(shape)) for shape in _SURE)).to_series()
    numbers, note = _counted(frame["c"], sure, from_1904)
    parted, more = _parted(frame, str(cells.name))
    found = pl.select(pl.coalesce(sure, numbers, parted)).to_series().alias(cells.name)
    return found, (*((f"{note} in {cells.name!r}",) if note else ()), *more)


def with_century(cells: pl.Series, century: pl.Series | None) -> pl.Series:
    """Cells without blanks around them, and with four digits in years of which the century is known."""
    text = cells.str.strip_chars()
    if century is None:
        return text
    is_short = text.str.contains(SHORT_YEAR) & century.is_not_null()
    return pl.select(
        pl.when(is_short)
        .then(text.str.slice(0, text.str.len_chars() - 2) + century + text.str.tail(2))
        .otherwise(text)
    ).to_series()


def day_checks(column: str, parsed: str) -> tuple[Check, ...]:
    """Tests that a cell is a day, of which each says what else it may be.

    Args:
        column: the cells as they are written.
        parsed: the days.
    """
    is_day, text = pl.col(parsed).is_not_null(), pl.col(column).str.strip_chars()
    return (
        short_year_check(column, is_day),
        Check(
            column,
            is_day | ~text.str.contains(_NUMBER).fill_null(False),
            "is a number, and may be a day as Excel or another program counts them",
            "Write the column as days: 2022-03-01.",
        ),
        Check(
            column,
            is_day | ~pl.any_horizontal(text.str.contains(shape) for shape in _PARTED).fill_null(False),
            "may be two different days, or none: no cell tells whether the day or the month comes first",
            "Write it as 2022-03-01.",
        ),
        Check(column, is_day, "is not a date", "Write it as 2022-03-01."),
    )


def short_year_check(column: str, is_read: pl.Expr) -> Check:
    """Test that a year has not two digits, or that it is said which century they are of."""
    return Check(
        column,
        is_read | ~pl.col(column).str.strip_chars().str.contains(SHORT_YEAR).fill_null(False),
        "has a year of two digits",
        "Write the year with four, or say the century: --option 'columns={century: =20}', or the same in params.yaml.",
    )


def _groups(shape: str) -> dict[str, pl.Expr]:
    found = pl.col("c").str.extract_groups(shape)
    return {name: found.struct.field(name) for name in ("y", "m", "d")}


def _date(parts: dict[str, pl.Expr]) -> pl.Expr:
    month = parts["m"].str.to_lowercase().replace(MONTHS)
    return (parts["y"] + month.str.zfill(2) + parts["d"].str.zfill(2)).str.to_date("%Y%m%d", strict=False)


def _counted(text: pl.Series, sure: pl.Series, from_1904: bool) -> tuple[pl.Series, str]:
    """Numbers as the days that they count, where all cells are such numbers or days with their year first."""
    number = text.str.extract(_NUMBER, 1).cast(pl.Int64)
    start = 1462 if from_1904 else 0
    is_excel = number.is_between(_FIRST - start, _LAST - start).fill_null(False)
    others = sure.is_not_null() & text.str.contains("^[0-9]{4}-")
    n_told = number.filter(is_excel).n_unique() + bool(others.any())
    if not is_excel.any() or n_told < 2 or not (is_excel | others | text.is_null() | (text == "")).all():
        return pl.repeat(None, len(text), dtype=pl.Date, eager=True), ""
    day = pl.lit(_MAC if from_1904 else _EXCEL).str.to_date() + pl.duration(days=pl.col("n"))
    days = pl.DataFrame({"n": number, "ok": is_excel}).select(pl.when("ok").then(day)).to_series()
    at = is_excel.arg_true()[0]
    return days, f"numbers are read as Excel counts days ({text[at]} is {days[at]})"


def _parted(frame: pl.DataFrame, name: str) -> tuple[pl.Series, tuple[str, ...]]:
    groups = [pl.col("c").str.extract_groups(shape) for shape in _PARTED]
    parts = frame.select(
        pl.coalesce(one.struct.field(part) for one in groups).alias(part) for part in ("first", "second", "y")
    )
    first, second = (parts[part].cast(pl.Int64) for part in ("first", "second"))
    day_first, month_first = bool((first > 12).any()), bool((second > 12).any())
    if day_first == month_first:
        return pl.repeat(None, len(frame), dtype=pl.Date, eager=True), ()
    day, month = ("first", "second") if day_first else ("second", "first")
    days = parts.select(_date({"y": pl.col("y"), "m": pl.col(month), "d": pl.col(day)})).to_series()
    return days, (f"days of {name!r} are written with the {'day' if day_first else 'month'} first",)
