"""``exchange_rates``: daily reference rates of the euro, and averages of cross rates through it.

A value of a period is converted at the mean of the daily cross rates in it; the shorter the period, the
closer to the rates of the days of trade (IMF, Balance of Payments Manual, 6th edition, chapter 3, on
currency conversion).
"""

from __future__ import annotations

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.tables.fields import conform

#: The currency in which the reference rates are quoted: it has no rate of its own.
REFERENCE_CURRENCY = "EUR"


def exchange_rates(rows: pl.DataFrame) -> pl.DataFrame:
    """Build the table.

    Args:
        rows: ``rate_date``, ``currency_code``, ``units_per_eur``, as
            :func:`retorsion.sources.formats.ecb.read_reference_rates` gives them.

    Returns:
        Table ``exchange_rates``.
    """
    return conform(rows, "exchange_rates")


def average_rates(rates: pl.DataFrame, *, base: str, quote: str, periods: pl.DataFrame) -> pl.DataFrame:
    """Mean of the daily cross rates over each of many periods.

    Args:
        rates: table ``exchange_rates``.
        base: ISO 4217 code of the currency priced.
        quote: ISO 4217 code of the currency in which it is priced.
        periods: ``period_start`` (first day of a month) and ``n_months``; duplicates are ignored.

    Returns:
        ``period_start``, ``n_months``, ``rate`` (units of ``quote`` for one unit of ``base``), ``n_days``
        (null where the two are one currency); sorted by period.

    Raises:
        NotEstimable: a month of a period has no day on which both currencies were quoted.
    """
    wanted = periods.select("period_start", pl.col("n_months").cast(pl.Int64)).unique()
    wanted = wanted.sort("period_start", "n_months")
    if base == quote:
        return wanted.with_columns(rate=pl.lit(1.0), n_days=pl.lit(None, dtype=pl.Int64))
    last = pl.col("period_start").dt.offset_by(pl.format("{}mo", pl.col("n_months") - 1))
    months = wanted.with_columns(pl.date_ranges("period_start", last, interval="1mo").alias("month")).explode(
        "month"
    )
    days = _daily(rates, base, quote)
    _require_every_month(months.join(days, on="month", how="anti"), base, quote)
    return (
        months.join(days, on="month")
        .sort("period_start", "n_months", "rate_date")
        .group_by("period_start", "n_months", maintain_order=True)
        .agg(pl.col("rate").mean(), pl.len().cast(pl.Int64).alias("n_days"))
    )


def _daily(rates: pl.DataFrame, base: str, quote: str) -> pl.DataFrame:
    """``rate_date``, ``month``, ``rate``: days on which both currencies were quoted."""
    return (
        _per_euro(rates, base)
        .join(_per_euro(rates, quote), on="rate_date", suffix="_quote")
        .sort("rate_date")  # the mean of floats depends on their order
        .select(
            "rate_date",
            pl.col("rate_date").dt.truncate("1mo").alias("month"),
            (pl.col("units_quote") / pl.col("units")).alias("rate"),
        )
    )


def _per_euro(rates: pl.DataFrame, currency: str) -> pl.DataFrame:
    if currency == REFERENCE_CURRENCY:
        return rates.select(pl.col("rate_date").unique()).with_columns(units=pl.lit(1.0))
    return rates.filter(pl.col("currency_code") == currency).select(
        "rate_date", pl.col("units_per_eur").alias("units")
    )


def _require_every_month(unquoted: pl.DataFrame, base: str, quote: str) -> None:
    if not unquoted.is_empty():
        raise NotEstimable(
            f"No day of {unquoted['month'].sort()[0]:%Y-%m} has a reference rate of both {base} and {quote}: "
            "values of that month cannot be converted."
        )
