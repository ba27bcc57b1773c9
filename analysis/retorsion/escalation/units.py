"""What is counted as one: an act, a package of steps decided at once, or the strongest act of a side and day.

A count of acts makes a package of five steps weigh five times one step. Whether a finding hangs on that is seen by
counting in all three ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import polars as pl

Unit = Literal["act", "package", "side_day"]
UNITS: tuple[Unit, ...] = get_args(Unit)

#: How the units are called in sentences and figures, one and several.
UNIT_WORDS: dict[str, tuple[str, str]] = {
    "act": ("act", "acts"),
    "package": ("package", "packages"),
    "side_day": ("day of a side", "days of a side"),
}


def unit_of(unit: Unit) -> pl.Expr:
    """The name of the unit that an act belongs to.

    An act of which only the month is known shares no day with another, and stays a unit of its own.

    Args:
        unit: what is counted as one. Needs the columns act_id; for packages package_id; for days actor_code, act_date
            and date_precision.
    """
    if unit == "act":
        return pl.col("act_id")
    if unit == "package":
        return pl.coalesce("package_id", "act_id")
    day = pl.format("{} {}", "actor_code", pl.col("act_date").dt.strftime("%Y-%m-%d"))
    return pl.when(pl.col("date_precision") == "day").then(day).otherwise("act_id")


def in_units(acts: pl.DataFrame, unit: Unit, scales: Sequence[str]) -> pl.DataFrame:
    """Acts with one row for each unit and side.

    Args:
        acts: one row per act, with act_id, actor_code, addressee_code, act_date, date_precision, the scales and, for
            packages, package_id.
        unit: what is counted as one.
        scales: intensity scales; a unit has on each the value farthest from zero, the hostile one in a draw.

    Returns:
        The columns of ``acts`` with act_id the name of the unit. The day is the first one of the unit; what is no
        scale comes from its strongest act on the first scale.
    """
    if unit == "act" or acts.is_empty():
        return acts
    keys = ["act_id", "actor_code", "addressee_code"]
    rest = [name for name in acts.columns if name not in {*keys, *scales, "act_date"}]
    return (
        acts.with_columns(unit_of(unit).alias("act_id"), pl.col("act_id").alias("_act"))
        .sort(pl.col(scales[0]).abs(), scales[0], "act_date", "_act", descending=[True, True, False, False])
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("act_date").min(),
            *(
                pl.col(name)
                .sort_by(pl.col(name).abs(), pl.col(name), descending=True, nulls_last=True)
                .first()
                for name in scales
            ),
            *(pl.col(name).first() for name in rest),
        )
        .select(acts.columns)
        .sort("act_date", "actor_code", "act_id", "addressee_code")
    )
