"""Trade by product and month beside the tariff in force on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal

import polars as pl

from retorsion.errors import NotEstimable

#: How the rate of a month is taken where it changes within the month: the mean over its days, the rate on its
#: first day, or the rate on its last.
Timing = Literal["days", "first", "last"]
TIMINGS: tuple[Timing, ...] = ("days", "first", "last")


def rates_between(tariff_rates: pl.DataFrame, *, imposer_code: str, target_code: str) -> pl.DataFrame:
    """The rates of one state on the goods of another, without products that have no rate at some time.

    Args:
        tariff_rates: table of that name.
        imposer_code: who imposes them.
        target_code: whose goods pay them.

    Returns:
        product_code, from_date, rate_pct, in time order of each product.

    Raises:
        NotEstimable: there is none, or none of them changes.
    """
    own = tariff_rates.filter(
        (pl.col("imposer_code") == imposer_code) & (pl.col("target_code") == target_code)
    )
    if own.is_empty():
        raise NotEstimable(f"No tariffs of {imposer_code} on goods of {target_code} are recorded.")
    unstated = own.filter(pl.col("rate_pct").is_null())["hs6_code"].unique()
    kept = own.filter(~pl.col("hs6_code").is_in(unstated.implode()))
    if kept.group_by("hs6_code").agg(pl.col("rate_pct").n_unique())["rate_pct"].max() in (None, 1):
        raise NotEstimable(
            f"No tariff of {imposer_code} on goods of {target_code} changes in the days recorded."
        )
    return kept.select(pl.col("hs6_code").alias("product_code"), "from_date", "rate_pct").sort(
        "product_code", "from_date"
    )


def monthly_rates(rates: pl.DataFrame, months: Sequence[date], timing: Timing = "days") -> pl.DataFrame:
    """The tariff of each product in each month.

    Before the first day of a product its first rate is taken, and after the last change the last one.

    Args:
        rates: of :func:`rates_between`.
        months: first days of months.
        timing: see :data:`Timing`.

    Returns:
        product_code, period_start, log_rate: log of one plus the rate (``days``: the mean of the log).
    """
    spans = rates.with_columns(
        log_rate=(1 + pl.col("rate_pct") / 100).log(),
        start=pl.when(pl.col("from_date") == pl.col("from_date").min().over("product_code"))
        .then(pl.lit(date(1900, 1, 1)))
        .otherwise("from_date"),
        until=pl.col("from_date").shift(-1).over("product_code").fill_null(date(2200, 1, 1)),
    )
    first = pl.DataFrame({"period_start": sorted(months)}, schema={"period_start": pl.Date})
    calendar = first.with_columns(after=pl.col("period_start").dt.offset_by("1mo"))
    if timing == "days":
        window = (pl.col("period_start"), pl.col("after"))
    elif timing == "first":
        window = (pl.col("period_start"), pl.col("period_start").dt.offset_by("1d"))
    else:
        window = (pl.col("after").dt.offset_by("-1d"), pl.col("after"))
    return (
        spans.join(calendar, how="cross")
        .with_columns(
            days=(pl.min_horizontal("until", window[1]) - pl.max_horizontal("start", window[0]))
            .dt.total_days()
            .clip(0)
        )
        .filter(pl.col("days") > 0)
        .sort("product_code", "period_start", "from_date")
        .group_by("product_code", "period_start", maintain_order=True)
        .agg(((pl.col("log_rate") * pl.col("days")).sum() / pl.col("days").sum()).alias("log_rate"))
    )


def trade_panel(
    trade_flows: pl.DataFrame,
    rates: pl.DataFrame,
    *,
    exporter_code: str,
    target_code: str,
    first_month: date,
    value_column: str = "value_kusd",
    timing: Timing = "days",
) -> pl.DataFrame:
    """Exports of one state by product and month: to the state that imposes tariffs, and to all others.

    Months without a row are months without exports.

    Args:
        trade_flows: monthly rows of one source, with rows for the state and for the world.
        rates: of :func:`rates_between`.
        exporter_code: the state that exports.
        target_code: the state that imposes the tariffs.
        first_month: earlier months are left out.
        value_column: the column to measure trade by.
        timing: see :data:`Timing`.

    Returns:
        product_code, period_start, target, rest (values), log_rate, first_log_rate: products sold to the
        state at least once and with a known rate, by all months.

    Raises:
        NotEstimable: no such product or only one; or the trade recorded ends before the first change.
    """
    own = trade_flows.filter(
        (pl.col("reporter_code") == exporter_code)
        & (pl.col("flow_type") == "export")
        & (pl.col("product_level") == "hs6")
        & (pl.col("period_start") >= first_month)
        & pl.col("partner_code").is_in([target_code, "WLD"])
    )
    months = own["period_start"].unique().sort()
    _check_span(months, rates, exporter_code=exporter_code, target_code=target_code)
    wide = own.group_by("product_code", "period_start").agg(
        pl.col(value_column).filter(pl.col("partner_code") == target_code).sum().alias("target"),
        pl.col(value_column).filter(pl.col("partner_code") == "WLD").sum().alias("world"),
    )
    sold = wide.group_by("product_code").agg(pl.col("target").sum()).filter(pl.col("target") > 0)
    products = sold.select("product_code").join(
        rates.select("product_code").unique(), on="product_code", how="semi"
    )
    if len(products) < 2:
        raise NotEstimable(
            f"{len(products)} product(s) of {exporter_code} with a known tariff of {target_code} were sold "
            "there: a comparison of products takes two."
        )
    of_months = monthly_rates(rates, months.to_list(), timing)
    return (
        products.join(months.to_frame(), how="cross")
        .join(wide, on=["product_code", "period_start"], how="left")
        .with_columns(pl.col("target", "world").fill_null(0.0))
        .join(of_months, on=["product_code", "period_start"], how="inner")
        .sort("product_code", "period_start")
        .select(
            "product_code",
            "period_start",
            "target",
            (pl.col("world") - pl.col("target")).clip(0).alias("rest"),
            "log_rate",
            pl.col("log_rate").first().over("product_code").alias("first_log_rate"),
        )
    )


def _check_span(months: pl.Series, rates: pl.DataFrame, *, exporter_code: str, target_code: str) -> None:
    changed = (
        rates.with_columns(before=pl.col("rate_pct").shift().over("product_code"))
        .filter(pl.col("before").is_not_null() & (pl.col("rate_pct") != pl.col("before")))["from_date"]
        .min()
    )
    if months.is_empty():
        raise NotEstimable(f"No exports of {exporter_code} to {target_code} by product are recorded.")
    last = months[-1]
    assert isinstance(changed, date)
    if last < changed.replace(day=1):
        raise NotEstimable(
            f"The trade of {exporter_code} with {target_code} is recorded until {last:%Y-%m}, which is before "
            f"the first change of the tariffs on {changed}."
        )


def both_destinations(panel: pl.DataFrame) -> pl.DataFrame:
    """The panel with a row for each destination; the tariff bears on the state that imposes it alone.

    Args:
        panel: of :func:`trade_panel`.

    Returns:
        product_code, period_start, destination (target, rest), value, log_rate.
    """
    return pl.concat(
        panel.select(
            "product_code",
            "period_start",
            pl.lit(name).alias("destination"),
            pl.col(name).alias("value"),
            (pl.col("log_rate") if name == "target" else pl.lit(0.0)).alias("log_rate"),
        )
        for name in ("target", "rest")
    ).sort("product_code", "period_start", "destination")


def on_the_year(panel: pl.DataFrame) -> pl.DataFrame:
    """Changes on the year of exports to the state and of the tariff, in logs.

    Args:
        panel: product_code (any unit), period_start, target, log_rate.

    Returns:
        product_code, period_start, change (log), tariff_change (log), weight (the value a year before);
        months in which one of the two values is zero are left out.
    """
    before = panel.select(
        "product_code",
        pl.col("period_start").dt.offset_by("12mo"),
        pl.col("target").alias("was"),
        pl.col("log_rate").alias("rate_was"),
    )
    return (
        panel.join(before, on=["product_code", "period_start"])
        .filter((pl.col("target") > 0) & (pl.col("was") > 0))
        .sort("product_code", "period_start")
        .select(
            "product_code",
            "period_start",
            (pl.col("target") / pl.col("was")).log().alias("change"),
            (pl.col("log_rate") - pl.col("rate_was")).alias("tariff_change"),
            pl.col("was").alias("weight"),
        )
    )
