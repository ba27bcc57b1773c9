"""Measures that reach units at different times, in the linear model: for logs of flows that are never zero.

With adoption at different times and effects that differ, the ordinary two-way regression uses units already
treated as controls, and may even have the wrong sign. The two estimators here do not. Their arithmetic is
that of diff-diff. For flows that may be zero, and so for what is found of trade, see
:mod:`retorsion.estimators.imputation`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.estimate import Estimate, interval
from retorsion.estimators.event_study import EventPath
from retorsion.impact.mirror import require_columns

Floats = NDArray[np.float64]

_SUN_ABRAHAM = (
    "interaction-weighted event study",
    "Sun and Abraham (2021), Journal of Econometrics 225(2)",
)
_CALLAWAY_SANTANNA = (
    "group-time average treatment effects",
    "Callaway and Sant'Anna (2021), Journal of Econometrics 225(2)",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class StaggeredEffect:
    """Effects of a measure that reaches units at different times.

    Attributes:
        average: over all treated units and periods from their treatment on.
        path: by event time, 0 the first treated period, -1 the reference.
        by_cohort: mean effect of each cohort, the term naming its first period; empty where the method gives
            none.
        average_of_cohorts: mean of ``by_cohort``, weighted by the cohorts' sizes, so that cohorts treated
            early do not count more for having been observed longer; null where the method gives none.
    """

    average: Estimate
    path: EventPath
    by_cohort: tuple[Estimate, ...] = ()
    average_of_cohorts: Estimate | None = None


def sun_abraham(
    panel: pl.DataFrame,
    *,
    unit: str,
    period: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str] = (),
    level: float = 0.95,
) -> StaggeredEffect:
    """Interaction-weighted event study, against units never treated; errors clustered by unit.

    Args:
        panel: one row per unit and period.
        unit: column.
        period: column of whole numbers.
        outcome: column, for instance the log of a flow.
        first_treated: column, the unit's first treated period, null for units never treated.
        covariates: columns that vary over time.
        level: of the intervals.

    Raises:
        NotEstimable: no unit is treated within the panel, or none never is; a unit and period is repeated; a
            value is missing.
        ParameterError: a column is absent.
    """
    data, n_left_out = _prepare(panel, unit, period, outcome, first_treated, covariates)
    from diff_diff import SunAbraham  # here: its import takes seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = SunAbraham(control_group="never_treated", alpha=1 - level).fit(
            data,
            outcome="outcome",
            unit="unit",
            time="period",
            first_treat="cohort",
            covariates=list(covariates) or None,
        )
    base = _base(data, n_left_out, *_SUN_ABRAHAM, level)
    return StaggeredEffect(
        average=_with_interval(
            base, "average over treated units and periods", result.overall_att, result.overall_se
        ),
        path=_path(base, result.event_study_effects, result.event_study_vcov, result.event_study_vcov_index),
    )


def callaway_santanna(
    panel: pl.DataFrame,
    *,
    unit: str,
    period: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str] = (),
    controls: Literal["never treated", "not yet treated"] = "never treated",
    level: float = 0.95,
) -> StaggeredEffect:
    """Effects by cohort and period, averaged; the period before treatment is the base of all.

    Args:
        panel: one row per unit and period.
        unit: column.
        period: column of whole numbers.
        outcome: column.
        first_treated: column, the unit's first treated period, null for units never treated.
        covariates: columns whose values before treatment make trends parallel (doubly robust).
        controls: with whom treated units are compared.
        level: of the intervals.

    Returns:
        ``average`` weighs cohort-periods by the cohorts' sizes; the mean over event time is the ``path``'s
        ``average_after()``; ``average_of_cohorts`` has a standard error only without covariates and against
        units never treated, where it is a difference of two means.

    Raises:
        NotEstimable: as :func:`sun_abraham`.
        ParameterError: a column is absent.
    """
    data, n_left_out = _prepare(panel, unit, period, outcome, first_treated, covariates)
    from diff_diff import CallawaySantAnna  # here: its import takes seconds

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = CallawaySantAnna(
            control_group=controls.replace(" ", "_"), base_period="universal", alpha=1 - level
        ).fit(
            data,
            outcome="outcome",
            unit="unit",
            time="period",
            first_treat="cohort",
            covariates=list(covariates) or None,
            aggregate="all",
        )
    base = _base(data, n_left_out, *_CALLAWAY_SANTANNA, level)
    by_cohort = tuple(
        _with_interval(base, f"cohort {int(cohort)}", effect["effect"], effect["se"])
        for cohort, effect in sorted(result.group_effects.items())
    )
    return StaggeredEffect(
        average=_with_interval(
            base, "average over treated units and periods", result.overall_att, result.overall_se
        ),
        path=_path(base, result.event_study_effects, result.event_study_vcov, result.event_study_vcov_index),
        by_cohort=by_cohort,
        average_of_cohorts=_average_of_cohorts(
            base, data, by_cohort, has_error=not covariates and controls == "never treated"
        ),
    )


def _prepare(
    panel: pl.DataFrame,
    unit: str,
    period: str,
    outcome: str,
    first_treated: str,
    covariates: Sequence[str],
) -> tuple[pd.DataFrame, int]:
    """The panel in the names and conventions of diff-diff, and the number of units treated from the start."""
    require_columns(panel, [unit, period, outcome, first_treated, *covariates], "panel")
    if reserved := sorted(set(covariates) & {"unit", "period", "outcome", "cohort"}):
        raise ParameterError(f"The covariates {reserved} have names that this function uses: rename them.")
    rows = panel.select(
        pl.col(unit).alias("unit"),
        pl.col(period).cast(pl.Int64).alias("period"),
        pl.col(outcome).cast(pl.Float64).alias("outcome"),
        pl.col(first_treated).cast(pl.Int64).alias("cohort"),
        *(pl.col(c).cast(pl.Float64) for c in covariates),
    )
    if rows.is_empty():
        raise NotEstimable("The panel has no rows.")
    for column in ("unit", "period", "outcome", *covariates):
        values = rows[column]
        n_bad = values.null_count() + (int((~values.is_finite()).sum()) if values.dtype.is_float() else 0)
        if n_bad:
            raise NotEstimable(f"{n_bad} rows have no finite {column}: fill or leave them out beforehand.")
    if n_twice := len(rows) - rows.select("unit", "period").n_unique():
        raise NotEstimable(f"{n_twice} rows repeat a unit and a period.")
    if rows.group_by("unit").agg(pl.col("cohort").n_unique().alias("n")).filter(pl.col("n") > 1).height:
        raise NotEstimable(
            f"Some units have more than one {first_treated!r}: a unit is treated once, for good."
        )
    periods = sorted(rows["period"].unique())
    first, last = periods[0], periods[-1]
    from_start = rows.filter(pl.col("cohort") <= first)["unit"].n_unique()
    rows = rows.filter(pl.col("cohort").is_null() | (pl.col("cohort") > first)).with_columns(
        # Who is treated after the last period is, within the panel, never treated.
        pl.when(pl.col("cohort") <= last).then(pl.col("cohort")).otherwise(0).alias("cohort")
    )
    n_treated = rows.filter(pl.col("cohort") > 0)["unit"].n_unique()
    n_never = rows.filter(pl.col("cohort") == 0)["unit"].n_unique()
    if n_treated < 2 or n_never < 2:
        raise NotEstimable(
            f"{n_treated} units become treated between {first} and {last} and {n_never} never are; without "
            f"at least two of each there is no comparison. {from_start} are treated from the first period on "
            "and cannot be used."
        )
    return rows.sort("unit", "period").to_pandas(), from_start


def _base(data: pd.DataFrame, n_left_out: int, estimator: str, citation: str, level: float) -> Estimate:
    units = data.drop_duplicates("unit")
    treated = int((units["cohort"] > 0).sum())
    sample = (
        f"{treated} units treated at {units.loc[units['cohort'] > 0, 'cohort'].nunique()} different times, "
        f"{len(units) - treated} never, {data['period'].min()} to {data['period'].max()}"
    )
    if n_left_out:
        sample += f"; {n_left_out} treated from the first period on left out"
    return Estimate(
        term="",
        estimate=0.0,
        level=level,
        n_obs=len(data),
        n_clusters=len(units),
        estimator=estimator,
        citation=citation,
        standard_error_type="clustered by unit",
        sample=sample,
        caveat="Rests on parallel trends: without it, treated units would have moved like the others.",
    )


def _with_interval(base: Estimate, term: str, value: float, error: float) -> Estimate:
    lower, upper, p_value = interval(float(value), float(error), level=base.level)
    return replace(
        base,
        term=term,
        estimate=float(value),
        standard_error=float(error),
        lower=lower,
        upper=upper,
        p_value=p_value,
    )


def _path(
    base: Estimate, effects: dict[Any, dict[str, Any]], covariance: Floats, index: Sequence[Any]
) -> EventPath:
    times = [int(time) for time in index]
    order = np.argsort(times)
    return EventPath(
        periods=tuple(times[i] for i in order),
        reference=-1,
        first_treated=0,
        effects=tuple(
            _with_interval(
                base, f"event time {times[i]}", effects[index[i]]["effect"], effects[index[i]]["se"]
            )
            for i in order
        ),
        covariance=np.asarray(covariance)[np.ix_(order, order)],
        statement=(
            f"{base.sample}. Effects by time since treatment, relative to the period before it; earlier ones "
            "are leads."
        ),
    )


def _average_of_cohorts(
    base: Estimate, data: pd.DataFrame, by_cohort: Sequence[Estimate], *, has_error: bool
) -> Estimate:
    """Mean of cohort effects weighted by cohort sizes.

    Against units never treated and without covariates this is the mean over treated units of (own change
    less the mean change of the never treated over the same periods), which gives its variance directly.
    """
    units = data.drop_duplicates("unit")
    cohorts, sizes = np.unique(units.loc[units["cohort"] > 0, "cohort"], return_counts=True)
    weights = sizes / sizes.sum()
    value = float(weights @ [e.estimate for e in by_cohort])
    plain = replace(base, term="mean of cohorts", estimate=value, standard_error_type="")
    periods = np.unique(data["period"])
    if not has_error or len(data) != len(units) * len(periods):
        return plain
    outcomes = data["outcome"].to_numpy().reshape(len(units), len(periods))
    cohort = units["cohort"].to_numpy()
    treated_part, never_part = 0.0, np.zeros(int((cohort == 0).sum()))
    for start, weight in zip(cohorts, weights, strict=True):
        before = outcomes[:, periods < start][:, -1]
        change = outcomes[:, periods >= start].mean(axis=1) - before
        never = change[cohort == 0]
        own = change[cohort == start] - never.mean() - value
        treated_part += float(own @ own) / sizes.sum() ** 2
        never_part += weight * (never - never.mean()) / len(never)
    return _with_interval(base, plain.term, value, float(np.sqrt(treated_part + never_part @ never_part)))
