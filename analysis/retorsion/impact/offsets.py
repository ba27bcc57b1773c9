"""How much of the coalition's loss the others' rise amounts to, as told and as counted in other ways."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from retorsion.impact.accounting import decompose_diversion, diversion_summary, last_records, year_span
from retorsion.impact.records import annual_flows

#: Years before and years after.
Windows = tuple[Collection[int], Collection[int]]


def offset_choices(
    trade_flows: pl.DataFrame,
    *,
    exporter_code: str,
    coalition: Collection[str],
    windows: Sequence[Windows],
    without: Collection[str] = (),
    records: Mapping[str, pl.DataFrame] | None = None,
    value_column: str = "value_kusd",
) -> pl.DataFrame:
    """The share of the coalition's loss that the others' rise amounts to, as told and as counted in other ways.

    An identity has no sampling error. What is uncertain is how to count: on whose record and at which exchange
    rate, in which years, at which prices, over which goods, and what was bought by those of whom no record is
    left. Each choice is varied alone.

    Args:
        trade_flows: see :func:`retorsion.impact.records.annual_flows`.
        exporter_code: the state whose exports are decomposed.
        coalition: members of the coalition.
        windows: years before and after; the first pair is the one told, in which the other choices are made.
        without: products left out in turn.
        records: the same flows on other choices of record, by the name of the choice.
        value_column: the column in money.

    Returns:
        choice_type (told, record, years, prices, without, unrecorded), base_years, comparison_years (as text),
        choice (the record, the years whose prices, or the product left out; null otherwise), coalition_change,
        other_change, offset_share (null where the coalition bought more). Under ``unrecorded`` destinations
        outside the coalition bought as much of each product as in the last year in which they have a record of
        it, where they have none in the years after.
    """
    told = windows[0]

    def terms_of(flows: pl.DataFrame, years: Windows = told, column: str = value_column) -> pl.DataFrame:
        return decompose_diversion(
            flows,
            exporter_code=exporter_code,
            coalition=coalition,
            base_years=years[0],
            comparison_years=years[1],
            value_column=column,
        )

    def priced(years: Collection[int]) -> pl.DataFrame:
        prices = mean_prices(trade_flows, exporter_code=exporter_code, years=years, value_column=value_column)
        valued = (
            terms_of(trade_flows, column="quantity_tonnes")
            .join(prices, on="product_code", how="inner", maintain_order="left")
            .with_columns(pl.col("value_base", "value_comparison", "change") * pl.col("price"))
        )
        return _counted(valued, "prices", told, year_span(years))

    first = _counted(terms_of(trade_flows), "told", told)
    unreported = _unreported(
        trade_flows, exporter_code=exporter_code, coalition=coalition, windows=told, value_column=value_column
    )
    as_before = pl.col("other_change") + unreported
    return pl.concat(
        [
            first,
            *(_counted(terms_of(flows), "record", told, name) for name, flows in (records or {}).items()),
            *(_counted(terms_of(trade_flows, years), "years", years) for years in windows[1:]),
            *(priced(years) for years in told),
            *(
                _counted(
                    terms_of(trade_flows.filter(pl.col("product_code") != product)), "without", told, product
                )
                for product in without
            ),
            first.with_columns(
                pl.lit("unrecorded").alias("choice_type"),
                as_before.alias("other_change"),
                pl.when(pl.col("coalition_change") < 0)
                .then(-as_before / pl.col("coalition_change"))
                .alias("offset_share"),
            ),
        ]
    )


def _counted(terms: pl.DataFrame, kind: str, windows: Windows, choice: str | None = None) -> pl.DataFrame:
    """The row of one way of counting."""
    whole = diversion_summary(terms).filter(pl.col("product_code").is_null())
    return whole.select(
        pl.lit(kind).alias("choice_type"),
        pl.lit(year_span(windows[0])).alias("base_years"),
        pl.lit(year_span(windows[1])).alias("comparison_years"),
        pl.lit(choice, dtype=pl.String).alias("choice"),
        "coalition_change",
        "other_change",
        "offset_share",
    )


def mean_prices(
    trade_flows: pl.DataFrame, *, exporter_code: str, years: Collection[int], value_column: str = "value_kusd"
) -> pl.DataFrame:
    """What an exporter was paid for a tonne of each product on average in some years.

    Args:
        trade_flows: see :func:`retorsion.impact.records.annual_flows`.
        exporter_code: whose flows with a quantity are averaged: their value over their tonnes.
        years: calendar years.
        value_column: the column in money.

    Returns:
        product_code, price (unit of ``value_column`` a tonne); products with a quantity only.
    """
    own = annual_flows(trade_flows, years=years, value_column=value_column, exporter_code=exporter_code)
    return (
        own.filter(pl.col("quantity_tonnes") > 0)
        .group_by("product_code", maintain_order=True)
        .agg((pl.col("value").sum() / pl.col("quantity_tonnes").sum()).alias("price"))
    )


def _unreported(
    trade_flows: pl.DataFrame,
    *,
    exporter_code: str,
    coalition: Collection[str],
    windows: Windows,
    value_column: str,
) -> float:
    """What destinations outside the coalition bought last of products of which they have no record afterwards."""
    seen = set(trade_flows["period_start"].dt.year().unique())
    between = range(min(windows[0]), max(windows[1]) + 1)
    flows = annual_flows(
        trade_flows,
        years=[year for year in between if year in seen],
        value_column=value_column,
        exporter_code=exporter_code,
    )
    outside = flows.filter(~pl.col("importer_code").is_in(sorted(set(coalition))))
    return float(last_records(outside, after=min(windows[1]))["value"].sum())
