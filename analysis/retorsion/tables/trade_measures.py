"""``trade_measures`` and ``trade_measure_products``: instruments on goods, and the goods as HS codes."""

from __future__ import annotations

import polars as pl

from retorsion.tables.fields import conform
from retorsion.tables.ledger import by_target, row_id


def trade_measures(acts: pl.DataFrame) -> pl.DataFrame:
    """Trade measures of the ledgers, one row for each target.

    Args:
        acts: ``acts`` of the ledgers.

    Returns:
        Table ``trade_measures``.
    """
    rows = by_target(acts.filter(pl.col("domain_type") == "trade_measure"))
    return conform(
        rows.with_columns(
            row_id().alias("measure_id"),
            pl.col("actor_code").alias("imposer_code"),
            pl.col("act_type").alias("instrument_type"),
            pl.col("row").alias("source_row"),
        ),
        "trade_measures",
    )


def trade_measure_products(
    measures: pl.DataFrame, products: pl.DataFrame, nomenclature: pl.DataFrame, *, nomenclature_revision: str
) -> pl.DataFrame:
    """Six-digit products of each measure.

    A code of six digits is taken as the source states it. A heading is expanded to its subheadings in the
    nomenclature of the trade data, the only revision in which it can meet them.

    Args:
        measures: table ``trade_measures``.
        products: ``products`` of the ledgers: act_id, hs_codes (one code), hs_revision, product_scope,
            mapping_basis.
        nomenclature: ``hs6_code`` of every subheading.
        nomenclature_revision: its revision, such as HS1992.

    Returns:
        Table ``trade_measure_products``.
    """
    stated = products.rename({"hs_codes": "hs_code"}).select(
        "act_id", "hs_code", "hs_revision", "product_scope", "mapping_basis"
    )
    six = stated.filter(pl.col("hs_code").str.len_chars() == 6).with_columns(
        pl.col("hs_code").alias("hs6_code")
    )
    headings = (
        stated.filter(pl.col("hs_code").str.len_chars() < 6)
        .join_where(nomenclature.select("hs6_code"), pl.col("hs6_code").str.starts_with(pl.col("hs_code")))
        .with_columns(
            pl.lit("source_heading").alias("mapping_basis"),
            pl.lit(nomenclature_revision).alias("hs_revision"),
        )
    )
    codes = pl.concat([six, headings.select(six.columns)])
    return conform(
        measures.select("measure_id", "act_id")
        .join(codes, on="act_id")
        .sort("measure_id", "hs6_code", "mapping_basis", "hs_code")
        .unique(["measure_id", "hs6_code"], keep="first", maintain_order=True),
        "trade_measure_products",
    )
