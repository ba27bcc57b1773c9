"""Customs rows added up to pair, product and period, on every engine of :mod:`retorsion.events.engines`.

Transforms on Narwhals lazy frames; :mod:`retorsion.tables.customs` calls them for the table ``trade_flows``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw

Frame = nw.LazyFrame[Any]


def tonnes(quantities: Mapping[str, str], tonnes_per_unit: Mapping[str, float]) -> nw.Expr:
    """Weight in tonnes: of the first quantity whose unit is one of weight, null if none is.

    Args:
        quantities: column of the quantity to column of its unit, the one to prefer first.
        tonnes_per_unit: unit to tonnes.
    """
    weights = []
    for quantity, unit in quantities.items():
        factor = nw.lit(None, nw.Float64)
        for name, value in tonnes_per_unit.items():
            factor = nw.when(nw.col(unit) == name).then(nw.lit(value)).otherwise(factor)
        weights.append(nw.col(quantity).cast(nw.Float64) * factor)
    return nw.coalesce(*weights) if len(weights) > 1 else weights[0]


def summed(flows: Frame, key: Sequence[str], numbers: Sequence[str], *, same: Sequence[str] = ()) -> Frame:
    """Flows added up: a number is null where it is null in any part.

    Args:
        flows: the columns of ``key``, ``numbers`` and ``same``.
        key: what tells flows apart.
        numbers: columns to add up.
        same: columns that are the same in all parts of a flow.

    Returns:
        The three together and ``n_parts``, in no particular order.
    """
    total = [nw.col(name).sum().alias(name) for name in numbers]
    known = [nw.col(name).count().cast(nw.Int64).alias(f"__{name}") for name in numbers]
    n_parts = nw.len().cast(nw.Int64).alias("n_parts")
    added = flows.group_by(*key).agg(*total, *known, *(nw.col(name).max() for name in same), n_parts)
    return added.select(
        *key,
        *(
            nw.when(nw.col(f"__{name}") == nw.col("n_parts")).then(nw.col(name)).alias(name)
            for name in numbers
        ),
        *same,
        "n_parts",
    )
