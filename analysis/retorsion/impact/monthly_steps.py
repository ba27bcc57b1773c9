"""Steps of monthly trade at dated measures: every specification, another currency, and groups of goods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.interruptions import ESTIMATORS
from retorsion.estimators.results import ESTIMATE_SCHEMA
from retorsion.impact.findings import part_of
from retorsion.impact.goods import Good
from retorsion.impact.series import (
    interrupted_series,
    interruptions_by_series,
    monthly_series,
)
from retorsion.params import ImpactCase, Params

#: The specification that is quoted: levels between the measures, without a trend of the years before.
LEVELS = "steps"
#: Specifications of an interrupted series: what besides the steps may move.
SPECIFICATIONS: dict[str, dict[str, Any]] = {
    LEVELS: {"trend": False, "slope_change": False},
    "steps and a trend": {"trend": True, "slope_change": False},
    "steps and trends": {"trend": True, "slope_change": True},
}


def step_table(series: pl.DataFrame, measures: pl.DataFrame, *, level: float) -> pl.DataFrame:
    """Every specification by every estimator of :func:`retorsion.impact.series.interrupted_series`.

    Returns:
        specification, not_estimable (reason), episode (its label, null for other terms), and the columns of
        an estimate, ``step`` and ``mean effect`` of each episode only.
    """
    parts = []
    for specification, terms in SPECIFICATIONS.items():
        for estimator in ESTIMATORS:
            reason, frame = None, ESTIMATE_SCHEMA.to_frame(eager=True)
            try:
                frame = interrupted_series(
                    series,
                    measures,
                    estimator=estimator,
                    level=level,
                    **terms,
                ).frame()
            except NotEstimable as why:
                reason = str(why)
                frame = _nothing(ESTIMATORS[estimator])
            parts.append(
                frame.filter(
                    pl.col("term").is_null() | pl.col("term").str.starts_with("step: ") | _is_mean()
                ).select(
                    pl.lit(specification).alias("specification"),
                    pl.lit(reason, dtype=pl.String).alias("not_estimable"),
                    _episode(),
                    pl.all(),
                )
            )
    return pl.concat(parts)


def _nothing(method: tuple[str, str]) -> pl.DataFrame:
    row = pl.DataFrame({"estimator": [method[0]], "citation": [method[1]]})
    return pl.concat([ESTIMATE_SCHEMA.to_frame(eager=True), row], how="diagonal")


def _is_mean() -> pl.Expr:
    return pl.col("term").str.starts_with("mean effect: ")


def _episode() -> pl.Expr:
    return pl.col("term").str.extract(r"^(?:step|mean effect): (.*)$").alias("episode")


def in_foreign_currency(
    shown: pl.DataFrame, measures: pl.DataFrame, *, currency: str, level: float
) -> pl.DataFrame:
    """The quoted specification with values in another currency: what the exchange rate does to it."""
    fit = interrupted_series(
        shown, measures, value_column="value_foreign", level=level, **SPECIFICATIONS[LEVELS]
    )
    frame = fit.frame().filter(pl.col("term").str.starts_with("step: ") | _is_mean())
    return frame.select(
        pl.lit(f"{LEVELS}, values in {currency}").alias("specification"),
        pl.lit(None, dtype=pl.String).alias("not_estimable"),
        _episode(),
        pl.all(),
    )


def steps_of_groups(
    flows: pl.DataFrame,
    measures: pl.DataFrame,
    asked: ImpactCase,
    flow: Literal["export", "import"],
    groups: Sequence[Good],
    params: Params,
) -> pl.DataFrame | None:
    """Steps of each group of goods; None where the case names none."""
    if not groups:
        return None
    parts = []
    for group in groups:
        series = monthly_series(
            flows,
            reporter_code=asked.reporter,
            flow_type=flow,
            partner_codes=[asked.target],
            product_level=group.level,
            product_codes=[group.code],
            value_column=part_of(asked, "monthly").value_column,
        )
        last = series.filter(pl.col("value").is_not_null())["period_start"].max()
        assert isinstance(last, date)
        stopped = (
            series.filter((pl.col("value") > 0) & pl.col("value").is_not_null())["period_start"].max()
            if series.filter(pl.col("value").is_not_null())["value"][-1] == 0
            else None
        )
        parts.append(
            interruptions_by_series(
                series,
                measures,
                estimator=params.impact.monthly.group_estimator,
                level=params.level,
                **SPECIFICATIONS[LEVELS],
            )
            .filter(pl.col("term").is_null() | pl.col("term").str.starts_with("step: ") | _is_mean())
            .select(
                pl.lit(group.label).alias("label"),
                pl.lit(stopped, dtype=pl.Date).alias("last_flow_month"),
                _episode(),
                pl.all(),
            )
        )
    return pl.concat(parts)
