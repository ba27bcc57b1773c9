"""Trade Statistics of Japan by statistical code, as e-Stat publishes them, in thousand yen rounded down.

One line for each code (HS, nine digits) and country with a year and twelve months. Variants lack the country
(totals of the world) or have the customs office. ``Apl`` stands for April in older files. Codes that begin with
``000000`` are special lines (re-exports and re-imports, stores). Exports are valued FOB by country of last known
destination, imports CIF by country of origin.

A month that is not yet published is shown as 0, like one without trade; see
:func:`retorsion.sources.formats.japan_customs.published_month`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl

from retorsion.sources.code_systems import japan_customs_states, to_state
from retorsion.sources.formats.japan_customs import FLOWS, MONTHS, TAKE, VALUATION, day_of, published_month
from retorsion.sources.readers import Reader, header
from retorsion.sources.rows import ROW, Check, Rows, once
from retorsion.sources.states import UNKNOWN_STATE, aggregates, aliases
from retorsion.sources.text.archives import text_of
from retorsion.sources.text.bulk_text import (
    BulkFormat,
    Direct,
    check_header,
    first_day,
    read_bulk,
)
from retorsion.sources.text.saved import as_published_text

_PERIODS = (0, *range(1, 13))  # 0 is the year
#: Name of the column of the partner's number as it is written: several numbers may be one state.
_WRITTEN = "partner as written"


def _columns(*, office: bool, country: bool, april: str) -> tuple[str, ...]:
    months = [april if month == "Apr" else month for month in MONTHS]
    head = ("Exp or Imp", "Year", *(("Custom",) if office else ()), "HS", *(("Country",) if country else ()))
    numbers = [f"{kind}-{m}" for m in ("Year", *months) for kind in ("Quantity1", "Quantity2", "Value")]
    return (*head, "Unit1", "Unit2", *numbers)


def _mapped(column: str, words: Mapping[str, str]) -> pl.Expr:
    kinds = pl.Enum(sorted(set(words.values())))
    return pl.col(column).replace_strict(words, default=None, return_dtype=kinds)


def _whole(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Int64, strict=False)


def _numbers(period: int) -> tuple[str, str, str]:
    return f"quantity_1 {period}", f"quantity_2 {period}", f"value {period}"


@cache
def _formats() -> dict[tuple[str, ...], BulkFormat]:
    formats = {}
    for office, country, april in itertools.product((False, True), (True, False), ("Apr", "Apl")):
        columns = _columns(office=office, country=country, april=april)
        formats[columns] = _format(columns)
    return formats


def _format(columns: tuple[str, ...]) -> BulkFormat:
    unit = {1: pl.col("Unit1").str.strip_chars(), 2: pl.col("Unit2").str.strip_chars()}
    typed = {
        "flow_type": _mapped("Exp or Imp", FLOWS),
        "valuation_type": _mapped("Exp or Imp", {code: VALUATION[flow] for code, flow in FLOWS.items()}),
        "year": pl.col("Year").cast(pl.Int32, strict=False),
        "customs_office_code": pl.col("Custom") if "Custom" in columns else pl.lit(None, dtype=pl.String),
        "product_code": pl.col("HS").str.extract(r"^'?([0-9]{9})'?$", 1),
        _WRITTEN: pl.col("Country") if "Country" in columns else pl.lit(None, dtype=pl.String),
        "partner_code": to_state(pl.col("Country"), japan_customs_states())
        if "Country" in columns
        else pl.lit("WLD"),
        **{f"unit_{i}": pl.when(u.str.len_bytes() > 0).then(u) for i, u in unit.items()},
    }
    numbers = columns[-39:]
    for period, position in zip(_PERIODS, range(0, 39, 3), strict=True):
        for name, column in zip(_numbers(period), numbers[position : position + 3], strict=True):
            typed[name] = _whole(column)
    checks = [
        Check("Exp or Imp", pl.col("flow_type").is_not_null(), "is neither 1 (export) nor 2 (import)", TAKE),
        Check("Year", pl.col("year").is_between(1976, 2100), "is not a year", TAKE),
        Check(
            "HS",
            pl.col("product_code").is_not_null(),
            "is not a code of nine digits",
            "A spreadsheet drops the apostrophe and the leading zero: take the file as published.",
        ),
    ]
    if "Country" in columns:
        checks.append(
            Check(
                "Country",
                pl.col("partner_code").is_not_null(),
                f"{UNKNOWN_STATE} among the numbers of Japan Customs",
                "Add it to states.csv under the system 'japan_customs'.",
            )
        )
    if "Custom" in columns:
        office_ok = pl.col("Custom").str.contains(r"^[0-9]{3}$")
        checks.append(Check("Custom", office_ok, "is not the number of a customs office", TAKE))
    for column, name in zip(numbers, [n for p in _PERIODS for n in _numbers(p)], strict=True):
        checks.append(Check(column, pl.col(name) >= 0, "is not a whole number of at least 0", TAKE))
    direct = {column: Direct(pl.Int64, pl.col(column) >= 0) for column in numbers}
    return BulkFormat("e-Stat", columns, ",", True, typed, tuple(checks), direct)


def read_hs9(path: Path, *, source_id: str, as_of: date | str | None = None) -> Rows:
    """Read statistical codes by country, world totals, or the same by customs office.

    Args:
        path: the CSV, 44 to 46 columns, packed or not.
        source_id: id of the source it belongs to.
        as_of: the day on which the file was fetched; the day of the file itself if None.

    Returns:
        Thirteen rows for each accepted line, by period and line: the months (``period_type`` month) and the
        year to date (year; ``n_months`` are those published, ``is_aggregate`` is True). ``row`` (line),
        ``reporter_code``, ``partner_code``, ``customs_office_code``, ``flow_type``, ``period_start``,
        ``n_months``, ``period_type``, ``product_system`` (jp_hs9),
        ``product_level`` (hs9), ``product_code``, ``value_thousand_jpy``, ``quantity_1``, ``unit_1``,
        ``quantity_2``, ``unit_2``, ``valuation_type``, ``is_special`` (code begins with 000000),
        ``is_published``, ``is_aggregate``. Rejected: lines.

    Raises:
        SourceError: another layout, or two lines that say different things of the same flow.
    """
    packed, name = text_of(path)
    text = as_published_text(packed, name, _formats())
    data = text if isinstance(text, bytes) else None
    read = read_bulk(path, check_header(text, name, _formats()), source_id=source_id, data=data, name=name)
    key = ("flow_type", "year", "customs_office_code", "product_code", _WRITTEN)
    wide = once(read, key, source_id=source_id, file=name)
    published = published_month(day_of(path, as_of))
    last = _last_months(wide.accepted, published)
    return replace(wide, accepted=_long(wide.accepted, last))


def _last_months(wide: pl.DataFrame, published: date) -> dict[int, int]:
    """Year to its last published month, 0 where there is none."""
    filled = (
        pl.when((pl.col(_numbers(month)[2]) > 0).any()).then(month).otherwise(0) for month in range(1, 13)
    )
    with_value = wide.group_by("year").agg(pl.max_horizontal(*filled).cast(pl.Int64).alias("month"))
    latest = max((year for year, month in with_value.rows() if month), default=0)
    closed = {year: 12 if year < max(latest, published.year) else 0 for year in with_value["year"]}
    if published.year in closed:
        closed[published.year] = max(closed[published.year], published.month)
    return {year: max(month, closed[year]) for year, month in with_value.rows()}


def _long(wide: pl.DataFrame, last: Mapping[int, int]) -> pl.DataFrame:
    """Lines to periods, by period and line; ``last`` maps a year to its last month with any value."""
    reporter = aliases("publisher")["Japan Customs"]
    last_month = pl.col("year").replace_strict(last, default=0, return_dtype=pl.Int64)
    shared = wide.with_columns(
        last_month.alias("last_month"),
        _constant(reporter).alias("reporter_code"),
        _constant("jp_hs9").alias("product_system"),
        _constant("hs9").alias("product_level"),
        pl.col("product_code").str.starts_with("000000").alias("is_special"),
        pl.col("partner_code").is_in(list(aggregates())).alias("is_aggregate"),
    )
    years = shared["year"].unique()
    one = (int(years[0]), int(last.get(years[0], 0))) if len(years) == 1 else None
    return pl.concat([_period(shared.lazy(), number, one) for number in (*range(1, 13), 0)]).collect()


def _constant(value: str) -> pl.Expr:
    """A word that is the same in ten million rows, as one byte each."""
    return pl.lit(value, dtype=pl.Enum([value]))


def _period(shared: pl.LazyFrame, number: int, one: tuple[int, int] | None) -> pl.LazyFrame:
    """One period of every line: a month, or 0 for the year.

    ``one`` is the year and the last published month of a file of one year, as they are published: what is the
    same in every line then costs nothing.
    """
    quantity_1, quantity_2, value = _numbers(number)
    month = max(number, 1)
    if one is None:
        last_month, start = pl.col("last_month"), first_day(pl.col("year"), pl.lit(month))
    else:
        last_month, start = pl.lit(one[1], dtype=pl.Int64), pl.lit(date(one[0], month, 1))
    published = last_month >= month
    n_months = pl.max_horizontal(last_month, 1) if number == 0 else pl.lit(1, dtype=pl.Int64)
    kinds = pl.Enum(["month", "year"])

    def shown(name: str) -> pl.Expr:
        if one is None:
            return pl.when(published).then(name).alias(name)
        return pl.col(name) if one[1] >= month else pl.lit(None, dtype=pl.Int64).alias(name)

    return shared.select(
        ROW,
        "reporter_code",
        "partner_code",
        "customs_office_code",
        "flow_type",
        start.alias("period_start"),
        n_months.alias("n_months"),
        pl.lit("month" if number else "year", dtype=kinds).alias("period_type"),
        "product_system",
        "product_level",
        "product_code",
        shown(value).alias("value_thousand_jpy"),
        shown(quantity_1).alias("quantity_1"),
        "unit_1",
        shown(quantity_2).alias("quantity_2"),
        "unit_2",
        "valuation_type",
        "is_special",
        published.alias("is_published"),
        (pl.col("is_aggregate") | (number == 0)).alias("is_aggregate"),
    )


READERS = (
    Reader(
        "japan_customs_hs9",
        "flows",
        "Trade Statistics of Japan, statistical codes (e-Stat CSV)",
        read_hs9,
        header("Exp or Imp", "HS", "Value-Jan"),
        ("period_start", "period_type", "reporter_code", "partner_code", "customs_office_code", "flow_type",
         "product_code"),
        ("as_of",),
    ),
)  # fmt: skip
