"""Groups of goods and products by the names that findings give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl


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
