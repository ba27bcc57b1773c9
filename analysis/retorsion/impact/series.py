"""Monthly flows of one reporter, and what monthly estimators make of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Any, Literal

import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators import interruptions, monthly_effects, placebos
from retorsion.estimators.frames import require_columns
from retorsion.estimators.interruptions import Estimator, InterruptedSeries
from retorsion.estimators.monthly_effects import EventStudy
from retorsion.estimators.placebos import PlaceboDates
from retorsion.estimators.results import ESTIMATE_SCHEMA
from retorsion.sources.states import state_name

_SERIES = ["reporter_code", "partner_code", "flow_type", "product_level", "product_code"]


def monthly_series(
    trade_flows: pl.DataFrame,
    *,
    reporter_code: str,
    flow_type: Literal["export", "import"],
    partner_codes: Collection[str] | None = None,
    product_codes: Collection[str] | None = None,
    product_level: str | None = None,
    value_column: str = "value_thousand_jpy",
    absent: Literal["missing", "zero"] = "missing",
) -> pl.DataFrame:
    """Regular monthly series of one reporter's flows, one per partner and product.

    Args:
        trade_flows: rows of the table of that name, monthly or covering a few months each.
        reporter_code: the state whose statistics are read.
        flow_type: export or import.
        partner_codes: keep these partners only.
        product_codes: keep these products only.
        product_level: keep this level only.
        value_column: the column carried on as ``value``.
        absent: what it means that a series has no row in a month for which the reporter published others:
            no trade (``zero``) or unknown (``missing``).

    Returns:
        reporter_code, partner_code, flow_type, product_level, product_code, period_start (every month from
        the reporter's first to its last), value (of an average month of the source row; null where
        unknown), row_start and n_months (of the source row). Months with ``n_months`` above 1 share one
        row: their own values are not known, only their average.

    Raises:
        NotEstimable: no row is left.
        ParameterError: two rows of a series cover the same month, or a row covers more than 3 months.
    """
    require_columns(trade_flows, [*_SERIES, "period_start", "n_months", value_column], "trade_flows")
    reported = trade_flows.filter(
        (pl.col("reporter_code") == reporter_code) & (pl.col("flow_type") == flow_type)
    )
    chosen = reported
    for column, codes in (
        ("partner_code", partner_codes),
        ("product_code", product_codes),
        ("product_level", None if product_level is None else [product_level]),
    ):
        if codes is not None:
            chosen = chosen.filter(pl.col(column).is_in(sorted(set(codes))))
    if chosen.is_empty():
        raise NotEstimable(
            f"No {flow_type} of {reporter_code} with the chosen partners and products is recorded."
        )
    if (longest := max(chosen["n_months"].to_list())) > 3:
        raise ParameterError(f"a row covers {longest} months: monthly series need rows of at most 3")
    months = _months_of(chosen).select(
        *_SERIES,
        "period_start",
        (pl.col(value_column).cast(pl.Float64) / pl.col("n_months")).alias("value"),
        "row_start",
        pl.col("n_months").cast(pl.Int64),
    )
    twice = months.filter(pl.struct(*_SERIES, "period_start").is_duplicated()).sort(*_SERIES, "period_start")
    if not twice.is_empty():
        raise ParameterError(
            f"two rows of {twice.select('partner_code', 'product_code').row(0)} cover "
            f"{twice['period_start'][0]:%Y-%m}: keep one source"
        )
    published = _months_of(reported).select("period_start").unique().with_columns(published=True)
    first, last = published["period_start"].min(), published["period_start"].max()
    grid = pl.DataFrame({"period_start": pl.date_range(first, last, "1mo", eager=True)})  # type: ignore[arg-type]
    full = (
        chosen.select(_SERIES)
        .unique()
        .join(grid, how="cross")
        .join(months, on=[*_SERIES, "period_start"], how="left")
        .join(published, on="period_start", how="left")
    )
    no_trade = pl.col("n_months").is_null() & pl.col("published") & pl.lit(absent == "zero")
    return full.select(
        *_SERIES,
        "period_start",
        pl.when(no_trade).then(0.0).otherwise("value").alias("value"),
        pl.col("row_start").fill_null(pl.col("period_start")),
        pl.col("n_months").fill_null(1),
    ).sort(*_SERIES, "period_start")


def _months_of(flows: pl.DataFrame) -> pl.DataFrame:
    """Each row once per month it covers: ``period_start`` the month, ``row_start`` the row's period."""
    return (
        flows.with_columns(
            pl.col("period_start").alias("row_start"),
            pl.date_ranges(
                "period_start",
                pl.col("period_start").dt.offset_by(pl.format("{}mo", pl.col("n_months").cast(pl.Int64) - 1)),
                interval="1mo",
            ).alias("__month"),
        )
        .explode("__month")
        .with_columns(pl.col("__month").alias("period_start"))
        .drop("__month")
    )


def with_context(
    series: pl.DataFrame,
    *,
    exchange_rates: pl.DataFrame | None = None,
    price_levels: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Put the exchange rate and the price level beside each month.

    Args:
        series: from :func:`monthly_series`.
        exchange_rates: period_start (month), rate, for instance from
            :func:`retorsion.impact.records.cross_rates` with one-month periods: units of the currency of
            ``value`` for one unit of the foreign currency.
        price_levels: period_start (month), price_level (index, any base).

    Returns:
        ``series`` with exchange_rate and value_foreign (value over rate), and with price_level and
        value_real (value at the prices of the first month that has an index); months without a rate or an
        index have null.
    """
    shown = series
    if exchange_rates is not None:
        require_columns(exchange_rates, ["period_start", "rate"], "exchange_rates")
        rates = exchange_rates.select("period_start", pl.col("rate").alias("exchange_rate"))
        shown = shown.join(rates, on="period_start", how="left", maintain_order="left").with_columns(
            (pl.col("value") / pl.col("exchange_rate")).alias("value_foreign")
        )
    if price_levels is not None:
        require_columns(price_levels, ["period_start", "price_level"], "price_levels")
        levels = price_levels.select("period_start", "price_level")
        shown = shown.join(levels, on="period_start", how="left", maintain_order="left")
        indexed = shown.drop_nulls("price_level").sort("period_start")
        if indexed.is_empty():
            raise NotEstimable("No month of the series has a price level.")
        shown = shown.with_columns(
            (pl.col("value") / pl.col("price_level") * indexed["price_level"][0]).alias("value_real")
        )
    return shown


def interrupted_series(
    series: pl.DataFrame, measures: pl.DataFrame, *, value_column: str = "value", **options: Any
) -> InterruptedSeries:
    """:func:`retorsion.estimators.interruptions.interrupted_series` of one series of :func:`monthly_series`.

    Args:
        series: one series, possibly through :func:`with_context`.
        measures: measure_id, date, label.
        value_column: ``value``, or ``value_real`` or ``value_foreign`` of :func:`with_context`.
        options: passed on.
    """
    require_columns(series, [*_SERIES, "row_start"], "series")
    who = series.select(_SERIES).row(0, named=True) if len(series) else {}
    words = {"value": "value", "value_real": "deflated value", "value_foreign": "value in another currency"}
    return interruptions.interrupted_series(
        series,
        measures,
        outcome=value_column,
        row="row_start",
        unit=_SERIES,
        subject=(
            f"{words[value_column]} of {who['flow_type']}s, {state_name(who['reporter_code'])} and "
            f"{state_name(who['partner_code'])}, {who['product_code']}"
            if who
            else ""
        ),
        **options,
    )


def interruptions_by_series(
    series: pl.DataFrame,
    measures: pl.DataFrame,
    *,
    estimator: Estimator = "reml_ar1",
    zero_estimator: Estimator | None = "poisson_hac",
    **options: Any,
) -> pl.DataFrame:
    """:func:`interrupted_series` of each series in turn, with a reason where none can be estimated.

    Args:
        series: any number of series from :func:`monthly_series`.
        measures: measure_id, date, label.
        estimator: for series without zero flows.
        zero_estimator: for series with zero flows; None states that they are not estimable.
        options: passed on to :func:`interrupted_series`.

    Returns:
        the series' keys, n_zero (months without a flow), not_estimable (the reason, null where estimated),
        and the columns of :data:`retorsion.estimators.results.ESTIMATE_SCHEMA`; a series that cannot be
        estimated has one row with null estimates.
    """
    value_column = str(options.get("value_column", "value"))
    require_columns(series, [*_SERIES, "period_start", value_column], "series")
    if series.is_empty():
        raise NotEstimable("There is no series.")
    parts = []
    for group in series.sort(*_SERIES, "period_start").partition_by(_SERIES, maintain_order=True):
        n_zero = int((group[value_column] == 0).sum())
        reason, found = None, ESTIMATE_SCHEMA.to_frame(eager=True)
        chosen: Estimator = zero_estimator if n_zero and zero_estimator is not None else estimator
        try:
            found = interrupted_series(group, measures, estimator=chosen, **options).frame()
        except NotEstimable as why:
            reason = str(why)
            found = pl.DataFrame({"term": [None]}, schema={"term": pl.String}).join(
                found, on="term", how="left"
            )
        parts.append(
            found.select(
                *(pl.lit(group[key][0], dtype=pl.String).alias(key) for key in _SERIES),
                pl.lit(n_zero, dtype=pl.Int64).alias("n_zero"),
                pl.lit(reason, dtype=pl.String).alias("not_estimable"),
                *ESTIMATE_SCHEMA.names(),
            )
        )
    return pl.concat(parts)


def event_study_monthly(
    series: pl.DataFrame, measure_date: date, *, value_column: str = "value", **options: Any
) -> EventStudy:
    """:func:`retorsion.estimators.monthly_effects.monthly_event_study` of series of :func:`monthly_series`."""
    return monthly_effects.monthly_event_study(
        series, measure_date, outcome=value_column, row="row_start", unit=_SERIES, **options
    )


def placebo_dates(
    series: pl.DataFrame, measure_date: date, *, value_column: str = "value", **options: Any
) -> PlaceboDates:
    """:func:`retorsion.estimators.placebos.placebo_dates` of series of :func:`monthly_series`."""
    found = placebos.placebo_dates(series, measure_date, outcome=value_column, unit=_SERIES, **options)
    shown = ["placebo_type", "partner_code", "product_code", "period_start", "statistic"]
    return replace(found, placebos=found.placebos.select(shown))
