"""Estimates of one quantity from several cases, pooled in part: random effects and empirical Bayes.

Each case's estimate is the case's own truth with sampling error, and the truths are draws around a common mean with a
spread of their own. The spread is that of Paule and Mandel (1982, Journal of Research of the National Bureau of
Standards 87), which asks that the weighted squares equal their degrees of freedom; the interval of the mean is that
of Hartung and Knapp (2001, Statistics in Medicine 20), which holds with few cases. A case's pooled estimate is drawn
towards the mean the more, the less sure it is (Efron and Morris 1975, JASA 70).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import optimize, stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.results import Result

__all__ = ["RandomEffects", "pool_cases"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class RandomEffects(Result):
    """A quantity over several cases.

    Attributes:
        n: cases with an estimate.
        mean: over the cases.
        lower: limit of the mean (Hartung-Knapp).
        upper: limit of the mean.
        predicted_lower: limit of what a further case would have (null with two cases).
        predicted_upper: limit of what a further case would have.
        spread: standard deviation of the truths.
        heterogeneity: share of the variation between estimates that is not sampling error.
        level: of the intervals.
        cases: frame case, estimate, standard_error (null for a silent case), pooled, lower, upper (of the pooled
            estimate), weight (share of the case's own data in it; 0 for a silent case).
        log_score_pooled: held-out log score of the estimates, each predicted from the others (null below three).
        log_score_common: the same if all truths were one (full pooling).
    """

    n: int
    mean: float
    lower: float
    upper: float
    predicted_lower: float | None
    predicted_upper: float | None
    spread: float
    heterogeneity: float
    level: float
    cases: pl.DataFrame
    log_score_pooled: float | None
    log_score_common: float | None


def pool_cases(
    names: Sequence[str],
    estimates: Sequence[float | None],
    standard_errors: Sequence[float | None],
    *,
    level: float = 0.95,
    spread: float | None = None,
) -> RandomEffects:
    """Pool the estimates of several cases in part.

    Args:
        names: of the cases.
        estimates: of each; null for a case that says nothing.
        standard_errors: of each; null where the estimate is.
        level: of the intervals.
        spread: of the truths, where it is to be held: 0 pools in full, ``math.inf`` not at all. Estimated if none
            is given.

    Raises:
        ParameterError: lengths differ, or a standard error is not positive.
        NotEstimable: fewer than two cases have an estimate.
    """
    if not len(names) == len(estimates) == len(standard_errors):
        raise ParameterError(
            f"{len(names)} names, {len(estimates)} estimates and {len(standard_errors)} standard errors: give "
            "one of each for every case"
        )
    known = [i for i, value in enumerate(estimates) if value is not None]
    y = floats([estimates[i] for i in known], "estimates")  # type: ignore[arg-type]
    s = floats([standard_errors[i] for i in known], "standard errors")  # type: ignore[arg-type]
    if not (s > 0).all():
        raise ParameterError("a standard error is not positive and finite. Leave the estimate out as null")
    if len(y) < 2:
        raise NotEstimable(f"{len(y)} case(s) have an estimate: pooling takes two.")
    tau = _paule_mandel(y, s) if spread is None else spread
    mean, half = _mean(y, s, tau, level)
    quantile = float(stats.t.ppf(0.5 + level / 2, max(len(y) - 2, 1)))
    reach = quantile * math.hypot(tau, half / float(stats.t.ppf(0.5 + level / 2, len(y) - 1)))
    can_predict = len(y) >= 3 and math.isfinite(tau)
    common = 1 / s**2
    q = float(common @ (y - common @ y / common.sum()) ** 2)
    return RandomEffects(
        n=len(y),
        mean=mean,
        lower=mean - half,
        upper=mean + half,
        predicted_lower=mean - reach if can_predict else None,
        predicted_upper=mean + reach if can_predict else None,
        spread=tau if math.isfinite(tau) else -1.0,
        heterogeneity=max(0.0, 1 - (len(y) - 1) / q) if q > 0 else 0.0,
        level=level,
        cases=_shrunken(names, estimates, standard_errors, mean, half, tau, level),
        log_score_pooled=_held_out(y, s, None) if len(y) >= 3 else None,
        log_score_common=_held_out(y, s, 0.0) if len(y) >= 3 else None,
    )


def _paule_mandel(y: Floats, s: Floats) -> float:
    """The spread at which the weighted squares equal their degrees of freedom; zero where they never exceed them."""

    def excess(variance: float) -> float:
        w = 1 / (s**2 + variance)
        return float(w @ (y - w @ y / w.sum()) ** 2) - (len(y) - 1)

    if excess(0.0) <= 0:
        return 0.0
    high = float(np.ptp(y)) ** 2 + float((s**2).max())
    while excess(high) > 0:
        high *= 4
    return math.sqrt(float(optimize.brentq(excess, 0.0, high, xtol=1e-12)))


def _mean(y: Floats, s: Floats, tau: float, level: float) -> tuple[float, float]:
    """The mean over the cases, and half its interval, never shorter than the normal one."""
    w = np.ones_like(s) if math.isinf(tau) else 1 / (s**2 + tau**2)
    mean = float(w @ y / w.sum())
    squares = float(w @ (y - mean) ** 2) / (len(y) - 1)
    error = math.sqrt(squares / float(w.sum()))
    if math.isfinite(tau):
        error = max(error, math.sqrt(1 / float(w.sum())))
    return mean, float(stats.t.ppf(0.5 + level / 2, len(y) - 1)) * error


def _shrunken(
    names: Sequence[str],
    estimates: Sequence[float | None],
    errors: Sequence[float | None],
    mean: float,
    half: float,
    tau: float,
    level: float,
) -> pl.DataFrame:
    z = float(stats.norm.ppf(0.5 + level / 2))
    error_of_mean = half / z
    rows = []
    for name, value, error in zip(names, estimates, errors, strict=True):
        if value is None or error is None:
            weight, pooled, deviation = 0.0, mean, math.hypot(min(tau, 1e6), error_of_mean)
        elif math.isinf(tau):
            weight, pooled, deviation = 1.0, value, error
        else:
            weight = tau**2 / (tau**2 + error**2)
            pooled = weight * value + (1 - weight) * mean
            deviation = math.sqrt(weight * error**2 + (1 - weight) ** 2 * error_of_mean**2)
        rows.append(
            {
                "case": name,
                "estimate": value,
                "standard_error": error,
                "pooled": pooled,
                "lower": pooled - z * deviation,
                "upper": pooled + z * deviation,
                "weight": weight,
            }
        )
    return pl.DataFrame(
        rows,
        schema_overrides=dict.fromkeys(("estimate", "standard_error"), pl.Float64),
        infer_schema_length=None,
    )


def _held_out(y: Floats, s: Floats, spread: float | None) -> float:
    """Sum over the cases of the log density of its estimate, predicted from the others."""
    score = 0.0
    for i in range(len(y)):
        others = np.arange(len(y)) != i
        tau = _paule_mandel(y[others], s[others]) if spread is None else spread
        w = 1 / (s[others] ** 2 + tau**2)
        mean = float(w @ y[others] / w.sum())
        deviation = math.sqrt(tau**2 + s[i] ** 2 + 1 / float(w.sum()))
        score += float(stats.norm.logpdf(y[i], mean, deviation))
    return score
