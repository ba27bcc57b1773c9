"""``trade_flows``: one row for each flow of one product between two states in one period.

Sources keep their own valuation, currency and classification; nothing is converted here. Each source is
one file of the table, so that a change of one leaves the others alone.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from retorsion.errors import RetorsionError
from retorsion.sources.formats.baci import rank
from retorsion.tables.fields import conform


def from_baci(rows: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Flows of BACI: the exporter is the reporter, one row a year.

    Its values are meant to be FOB, but of which of the two states a row has them, and whether freight was taken
    off, no row says: the valuation is unknown until :func:`with_reporting` knows better.

    Args:
        rows: ``year``, ``exporter_code``, ``importer_code``, ``product_system``, ``hs6``, ``value_kusd``,
            ``quantity_tonnes``, as :func:`retorsion.sources.formats.baci.read_baci` gives them.
        source_id: id of the source.

    Returns:
        Table ``trade_flows``.
    """
    # Far fewer years and products than rows: each is written once.
    years = {year: date(year, 1, 1) for year in rows["year"].unique()}
    products = {code: f"{code:06d}" for code in rows["hs6"].unique()}
    ranks = rows.select(rank()).to_series()
    return conform(
        rows.lazy().select(
            pl.lit(source_id).alias("source_id"),
            pl.col("year").replace_strict(years, return_dtype=pl.Date).alias("period_start"),
            pl.lit(12, dtype=pl.Int64).alias("n_months"),
            pl.col("exporter_code").cast(pl.String).alias("reporter_code"),
            pl.col("importer_code").cast(pl.String).alias("partner_code"),
            pl.lit(False).alias("is_aggregate"),
            pl.lit("export").alias("flow_type"),
            pl.col("product_system").cast(pl.String),
            pl.lit("hs6").alias("product_level"),
            pl.col("hs6").replace_strict(products, return_dtype=pl.String).alias("product_code"),
            "value_kusd",
            pl.lit(None, dtype=pl.Float64).alias("value_eur"),
            pl.lit(None, dtype=pl.Int64).alias("value_thousand_jpy"),
            "quantity_tonnes",
            pl.lit("unknown").alias("valuation_type"),
        ),
        "trade_flows",
        in_order=bool((ranks[1:] > ranks[:-1]).all()),
    )


def with_reporting(flows: pl.DataFrame, reporting: pl.DataFrame) -> pl.DataFrame:
    """Flows of a source of all pairs, with the valuation of those that rest on importers' records alone.

    Args:
        flows: table ``trade_flows`` of the source; the exporter is the reporter.
        reporting: layout ``reporting``: exporter_code, first_year, last_year (null: to the end) and
            valuation_type of the exporters and years in which the exporter published nothing.

    Returns:
        ``flows`` in the same order.
    """
    year = pl.col("period_start").dt.year()
    valuation = pl.col("valuation_type")
    for code, first, last, kind in reporting.select(
        "exporter_code", "first_year", "last_year", "valuation_type"
    ).iter_rows():
        silent = (pl.col("reporter_code") == code) & (year >= first)
        if last is not None:
            silent &= year <= last
        valuation = pl.when(silent).then(pl.lit(kind)).otherwise(valuation)
    return flows.with_columns(valuation.alias("valuation_type"))


def check_one_revision(flows: pl.DataFrame, source_id: str) -> None:
    """Assert that the editions of BACI in one source are in one revision of the Harmonized System.

    Args:
        flows: table ``trade_flows`` of the source.
        source_id: id of the source.

    Raises:
        RetorsionError: they are in several, each of which holds all trade.
    """
    found = sorted(flows["product_system"].unique())
    if len(found) > 1:
        raise RetorsionError(
            f"{source_id}: holds editions in {' and '.join(found)}, each of which holds all trade. "
            "Keep the editions of one revision, and make another source of the others"
        )


def from_area_goods(rows: pl.DataFrame, *, source_id: str) -> pl.DataFrame:
    """Flows of a state by area and group of goods, in thousand yen.

    Args:
        rows: accepted rows of :func:`retorsion.sources.formats.japan_area_goods.read_area_goods`.
        source_id: id of the source.

    Returns:
        Table ``trade_flows``. Groups of one level add up to the total; levels overlap, and so do groups of
        partners (``is_aggregate``) and their members.
    """
    return conform(
        rows.lazy().select(
            pl.lit(source_id).alias("source_id"),
            "period_start",
            "n_months",
            "reporter_code",
            "partner_code",
            "is_aggregate",
            "flow_type",
            "product_system",
            "product_level",
            "product_code",
            pl.lit(None, dtype=pl.Float64).alias("value_kusd"),
            pl.lit(None, dtype=pl.Float64).alias("value_eur"),
            "value_thousand_jpy",
            pl.lit(None, dtype=pl.Float64).alias("quantity_tonnes"),
            "valuation_type",
        ),
        "trade_flows",
    )
