"""One direction of a state's trade by area and group of goods, with the measures on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

from retorsion.dates import months_later
from retorsion.errors import NotEstimable
from retorsion.impact.goods import Good
from retorsion.params import AreaGoods, ImpactCase, Params

Flow = Literal["export", "import"]


@dataclass(frozen=True)
class AreaTrade:
    """One direction of trade with its months.

    Attributes:
        monthly: partner_code, product_code, period_start, n_months, value of the groups of goods.
        yearly: the same by year, whole years; null where no yearly source is named.
        measures: product_code, measure_id, start_date, end_date (null: in force).
        last: last period with enough groups under no measure.
    """

    case: ImpactCase
    part: AreaGoods
    params: Params
    flow: Flow
    monthly: pl.DataFrame
    yearly: pl.DataFrame | None
    measures: pl.DataFrame
    last: date

    @property
    def common(self) -> pl.DataFrame:
        """The months with enough groups under no measure."""
        return self.monthly.filter(pl.col("period_start") <= self.last)


def area_panel(
    trade_flows: pl.DataFrame,
    asked: ImpactCase,
    part: AreaGoods,
    flow: Flow,
    chosen: Sequence[Good],
    source: str,
    *,
    whole_years: bool = False,
) -> pl.DataFrame:
    """Rows of single areas; a row of two months is one observation, and a value below zero, a revision, is none."""
    groups = pl.DataFrame(
        [(one.level, one.code) for one in chosen], schema=["product_level", "product_code"], orient="row"
    )
    rows = trade_flows.filter(
        (pl.col("source_id") == source)
        & (pl.col("reporter_code") == asked.reporter)
        & (pl.col("flow_type") == flow)
        & ~pl.col("is_aggregate")
    ).join(groups, on=["product_level", "product_code"], how="semi")
    if whole_years:
        rows = rows.filter(pl.col("n_months") == 12)
    return rows.select(
        "partner_code",
        "product_code",
        "period_start",
        pl.col("n_months").cast(pl.Int64),
        pl.col(part.value_column).cast(pl.Float64).clip(lower_bound=0.0).alias("value"),
    ).sort("partner_code", "product_code", "period_start")


def largest_group(one: AreaTrade, labels: Mapping[str, str]) -> dict[str, Any]:
    """The group that was most of the trade with the target before the measures, and its share."""
    before = (
        one.monthly.filter(
            (pl.col("partner_code") == one.case.target)
            & (pl.col("period_start") < one.measures["start_date"].min())
        )
        .group_by("product_code")
        .agg(pl.col("value").sort().sum())
        .sort("value", "product_code", descending=[True, False])
    )
    total = math.fsum(before["value"])
    if total <= 0:
        raise NotEstimable(
            f"Nothing of these goods was traded with {one.case.target} before the first measure."
        )
    return {"largest_group": labels[before["product_code"][0]], "largest_share": before["value"][0] / total}


def last_common(monthly: pl.DataFrame, measures: pl.DataFrame, minimum: int) -> date:
    """The last period in which at least so many groups are under no measure."""
    n_groups = monthly["product_code"].n_unique()
    for row in (
        monthly.select("period_start", "n_months").unique().sort("period_start", descending=True).iter_rows()
    ):
        begun = measures.filter(pl.col("start_date") < months_later(row[0], row[1]))[
            "product_code"
        ].n_unique()
        if n_groups - begun >= minimum:
            assert isinstance(row[0], date)
            return row[0]
    raise NotEstimable(f"In no month are at least {minimum} groups of goods under no measure.")
