"""Groups of goods and products by the names that findings give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.impact.findings import dated_measures


@dataclass(frozen=True)
class Good:
    """A group of goods of one classification.

    Attributes:
        level: of the classification, such as ``item``.
        code: in the classification.
        label: in plain words.
        hs6: codes of the Harmonized System that the group is, where that is known.
    """

    level: str
    code: str
    label: str
    hs6: tuple[str, ...] = ()


def goods_of(table: pl.DataFrame) -> dict[str, Good]:
    """Goods by their code.

    Args:
        table: layout ``goods``: product_level, product_code, label and hs6_codes (list, may be null).
    """
    columns = ("product_level", "product_code", "label", "hs6_codes")
    return {
        code: Good(level, code, label, tuple(hs6 or ()))
        for level, code, label, hs6 in table.select(columns).iter_rows()
    }


def labels(goods: Mapping[str, Good]) -> dict[str, str]:
    """The label of each code."""
    return {code: good.label for code, good in goods.items()}


def with_label(names: Mapping[str, str]) -> pl.Expr:
    """Column ``name``: the label of each ``product_code``, or "product 760110" where no table names it."""
    code = pl.col("product_code")
    return code.replace_strict(names, default="product " + code, return_dtype=pl.String).alias("name")


def named_measures(
    trade_measures: pl.DataFrame, scope: pl.DataFrame, units: Mapping[str, str]
) -> pl.DataFrame:
    """Start of the first measure that names each good; a good that none names has no row.

    Args:
        trade_measures: table of that name.
        scope: layout ``scope`` of the ledger: measure_id and product_code.
        units: name of the unit by product_code.
    """
    named = scope.filter(pl.col("product_code").is_in(list(units)))
    if named.is_empty():
        raise NotEstimable("The words of no recorded measure name one of the goods that are looked at.")
    dates = dated_measures(trade_measures, [(code, "") for code in named["measure_id"].unique().sort()])
    return (
        named.select(pl.col("product_code").replace(units), "measure_id")
        .join(dates.select("measure_id", pl.col("date").alias("start_date")), on="measure_id")
        .sort("start_date", "product_code", "measure_id")
        .unique("product_code", keep="first", maintain_order=True)
    )
