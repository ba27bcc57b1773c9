"""How concentrated a total is on few of its parts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from retorsion.errors import ParameterError
from retorsion.estimators.frames import Frame, as_polars, numbers

__all__ = ["concentration"]


def concentration(frame: Frame, *, value: str, unit: str, by: Sequence[str] = ()) -> pl.DataFrame:
    """Herfindahl-Hirschman index of the parts of a total, in each group.

    The index is the sum of squared shares (Hirschman 1945, *National Power and the Structure of Foreign
    Trade*; Herfindahl 1950): 1 with a single part, 1/n with n equal ones.

    Args:
        frame: one row for each unit and group; rows whose value is zero take no part.
        value: column with the value, 0 or more; null where it was not measured.
        unit: column with the part, for instance the partner.
        by: columns that make up a group; none makes one group.

    Returns:
        The ``by`` columns, total, n_units, hhi (0 to 1), effective_units (1 over hhi), largest_unit (the
        first by name among equals), largest_share; sorted by group. A group with an unmeasured value has
        null throughout but n_units. A group whose values are all zero has no row.

    Raises:
        ParameterError: a column is absent, a value is negative, or a unit occurs twice in a group.
    """
    keys = list(by)
    table = as_polars(frame, [*keys, value, unit])
    table = table.with_columns(numbers(table, value))
    if not (table[value].drop_nulls() >= 0).all() or table[value].is_infinite().any():
        raise ParameterError(
            f"column {value!r}: a value is below zero or not finite, so shares have no meaning"
        )
    if table.select(pl.struct(*keys, unit).is_duplicated().any()).item():
        raise ParameterError(f"a {unit} occurs twice in a group: add its values first")
    parts = table.filter(pl.col(value).is_null() | (pl.col(value) > 0)).select(
        *keys, pl.col(unit).alias("__unit"), pl.col(value).alias("__value")
    )
    measured = pl.col("__value").is_not_null().all()
    total = pl.col("__value").sort().sum()
    groups: list[str | pl.Expr] = [*keys] if keys else [pl.lit(0).alias("__all")]
    grouped = parts.group_by(groups).agg(
        pl.when(measured).then(total).alias("total"),
        pl.len().cast(pl.Int64).alias("n_units"),
        pl.when(measured).then(((pl.col("__value") / total) ** 2).sort().sum()).alias("hhi"),
        pl.when(measured)
        .then(pl.col("__unit").sort_by("__value", "__unit", descending=[True, False]).first())
        .alias("largest_unit"),
        pl.when(measured).then((pl.col("__value") / total).max()).alias("largest_share"),
    )
    return grouped.select(
        *keys,
        "total",
        "n_units",
        "hhi",
        (1 / pl.col("hhi")).alias("effective_units"),
        "largest_unit",
        "largest_share",
    ).sort(keys or "total")
