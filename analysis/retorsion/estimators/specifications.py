"""One question asked in every defensible way: specification curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import polars as pl

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.plotting import Axes, plot_effects
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, Result, estimates_frame

__all__ = ["SpecificationCurve", "specification_curve"]


@dataclass(frozen=True)
class SpecificationCurve(Result):
    """Estimates under every combination of choices.

    Attributes:
        table: a row for each combination: the choices as text, not_estimable (the reason, null where there is an
            estimate) and the columns of :data:`retorsion.estimators.results.ESTIMATE_SCHEMA`, least estimate first,
            those that could not be estimated last.
        n: combinations.
        n_estimated: of them with an estimate.
        median: of the estimates.
        lowest: least estimate.
        highest: greatest estimate.
        same_sign: share of the estimates that have the sign of the median.
        significant: share whose interval does not hold zero, of those that have one; null if none has.
    """

    table: pl.DataFrame
    n: int
    n_estimated: int
    median: float
    lowest: float
    highest: float
    same_sign: float
    significant: float | None

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw all estimates with their intervals, the least first; gives the axes of matplotlib."""
        rows = self.table.filter(pl.col("estimate").is_not_null())
        drawn = plot_effects(
            axes,
            range(len(rows)),
            *(rows[name].to_list() for name in ("estimate", "lower", "upper")),
            label="estimate",
        )
        drawn.set(xlabel="combination of choices", xticks=[])
        return drawn

    def without(self, choice: str) -> pl.DataFrame:
        """How far the estimate moves with one choice: median estimate and their number for each of its values."""
        return (
            self.table.filter(pl.col("estimate").is_not_null())
            .group_by(choice)
            .agg(pl.col("estimate").median(), pl.len().alias("n"))
            .sort(choice)
        )


def specification_curve(
    estimate: Callable[..., Estimate], choices: Mapping[str, Sequence[Any]]
) -> SpecificationCurve:
    """Estimate one quantity under every combination of choices.

    Simonsohn, Simmons and Nelson 2020, Nature Human Behaviour 4. The spread is one of judgement, not of sampling: the
    combinations share their data, so their number says nothing about how sure one may be.

    Args:
        estimate: called with one value of each choice by keyword; it may raise NotEstimable.
        choices: for each keyword the values to take, shown as text; give functions a ``__name__``.

    Raises:
        ParameterError: there is no choice, or one has no value.
        NotEstimable: no combination can be estimated.
    """
    if not choices or any(not len(values) for values in choices.values()):
        raise ParameterError("choices: name at least one, each with at least one value")
    if taken := sorted(set(choices) & {*ESTIMATE_SCHEMA.names(), "not_estimable"}):
        raise ParameterError(f"choices {taken}: are columns of an estimate. Rename them")
    parts = []
    for values in product(*choices.values()):
        chosen = dict(zip(choices, values, strict=True))
        reason, row = None, estimates_frame(())
        try:
            row = estimates_frame((estimate(**chosen),))
        except NotEstimable as why:
            reason = str(why)
            row = pl.DataFrame({"term": [None]}, schema={"term": pl.String}).join(row, on="term", how="left")
        parts.append(
            row.select(
                *(
                    pl.lit(getattr(value, "__name__", str(value))).alias(name)
                    for name, value in chosen.items()
                ),
                pl.lit(reason, dtype=pl.String).alias("not_estimable"),
                *ESTIMATE_SCHEMA.names(),
            )
        )
    table = pl.concat(parts).sort("estimate", *choices, nulls_last=True)
    found = table["estimate"].drop_nulls()
    if found.is_empty():
        raise NotEstimable(
            f"None of {len(table)} specifications can be estimated: {table['not_estimable'][0]}"
        )
    median = float(found.median())  # type: ignore[arg-type]
    limited = table.drop_nulls(["estimate", "lower", "upper"])
    outside = limited.filter((pl.col("lower") > 0) | (pl.col("upper") < 0))
    return SpecificationCurve(
        table,
        len(table),
        len(found),
        median,
        float(found[0]),
        float(found[-1]),
        float((found.sign() == (1 if median > 0 else -1 if median < 0 else 0)).mean()),  # type: ignore[arg-type]
        len(outside) / len(limited) if len(limited) else None,
    )
