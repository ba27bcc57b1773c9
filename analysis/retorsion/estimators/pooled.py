"""Excitation in several pairs at once, each pair's estimates drawn towards what the pairs have in common.

A pair of states has few acts, and its branching ratios alone are hardly known. With several pairs, the logarithm
of each kind of parameter (level, branching ratio within a side and between sides, half-life) is taken as drawn from a
normal law whose mean and spread are estimated from all pairs (empirical Bayes: Efron and Morris 1975, JASA 70). A
pair with many acts keeps its own estimate, one with few moves to the mean. Each pair's posterior is approximated by a
normal law at its mode (Laplace), and means and spreads are found by expectation and maximisation (Dempster, Laird and
Rubin 1977, JRSS B 39).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    Problem,
    check_estimable,
    expected_counts,
    fit_daily,
)
from retorsion.estimators.daily_inference import log_probability
from retorsion.estimators.maximum import Maximum, maximise
from retorsion.estimators.results import Result

__all__ = ["PooledFit", "compare_pooled", "fit_pooled"]

Floats = NDArray[np.float64]

#: Least and greatest spread of a kind of parameter over the pairs, on the log scale.
_SPREADS = (0.02, 5.0)
#: Least branching ratio: on the log scale it has no zero.
_LEAST_BRANCHING = 1e-6
#: Largest last change of a mean or spread on the log scale.
_SETTLED = 1e-3


@dataclass(frozen=True)
class PooledFit(Result):
    """Partially pooled excitation of several pairs.

    Attributes:
        model: what was fitted to each pair.
        kinds: frame kind (``level``, ``branching own``, ``branching other``, ``half-life``), n (parameters of that
            kind), mean (geometric, in acts a day, acts or days), spread (standard deviation of the logarithm over
            the pairs).
        pairs: frame pair, parameter, kind, estimate, lower, upper (of the posterior), level, alone, weight. ``alone``
            is the estimate of the pair by itself, or null; ``weight`` is the share of the pair's own data in the
            estimate, 0 to 1.
        parameters: of each pair, by name.
        log_likelihood: sum over the pairs at their posterior modes.
        n_iterations: steps of expectation and maximisation.
        is_converged: whether means and spreads settled.
    """

    model: DailyModel
    kinds: pl.DataFrame
    pairs: pl.DataFrame
    parameters: Mapping[str, DailyParameters]
    log_likelihood: float
    n_iterations: int
    is_converged: bool


class _Pair:
    """One pair's likelihood over its parameters with branching ratios on the log scale."""

    def __init__(self, data: DailyData, model: DailyModel) -> None:
        self.data, self.model = data, model
        self.problem = Problem(data, model, range(len(data.sides)))
        names = self.problem.names
        self.kinds = [_kind(name) for name in names]
        self.is_ratio = np.array([name.startswith("branching") for name in names])
        self.pooled = np.flatnonzero([kind is not None for kind in self.kinds])
        lower, upper = self.problem.lower.copy(), self.problem.upper.copy()
        lower[self.is_ratio] = np.log(_LEAST_BRANCHING)
        upper[self.is_ratio] = np.log(upper[self.is_ratio])
        self.lower, self.upper = lower, upper

    def natural(self, z: Floats) -> Floats:
        """The problem's own vector."""
        return np.where(self.is_ratio, np.exp(np.where(self.is_ratio, z, 0.0)), z)

    def start(self) -> Floats:
        """Where to start without a better guess."""
        x = self.problem.starts()[1 if len(self.problem.starts()) > 1 else 0]
        return np.clip(
            np.where(self.is_ratio, np.log(np.where(self.is_ratio, x, 1.0)), x), self.lower, self.upper
        )

    def evaluate(self, z: Floats, mean: Floats, precision: Floats) -> tuple[float, Floats, Floats]:
        """Log-posterior up to a constant, gradient and observed information."""
        x = self.natural(z)
        value, gradient, information = self.problem.evaluate(x)
        slope = np.where(self.is_ratio, x, 1.0)
        bend = np.where(self.is_ratio, gradient * x, 0.0)
        information = information * np.outer(slope, slope) - np.diag(bend)
        away = z - mean
        value -= 0.5 * float(precision @ away**2)
        return value, gradient * slope - precision * away, information + np.diag(precision)

    def mode(self, start: Floats, mean: Floats, precision: Floats) -> tuple[Maximum, Floats]:
        """Posterior mode, and the posterior covariance there."""
        found = maximise(
            lambda z: self.evaluate(z, mean, precision), start, self.lower, self.upper, longest_step=1.0
        )
        information = self.evaluate(found.x, mean, precision)[2]
        return found, _inverse(information)


def _kind(name: str) -> str | None:
    """Kind of a parameter that the pairs share, by its name; null for one that each pair has for itself."""
    if name.startswith("branching "):
        source, receiver = name.removeprefix("branching ").split("->")
        return "branching own" if source == receiver else "branching other"
    return name.split(" ")[0] if name.startswith(("level", "half-life")) else None


def _inverse(information: Floats) -> Floats:
    """Covariance of a normal law with that information; directions without curvature get a large variance."""
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    return np.asarray((vectors / np.maximum(values, 1e-3)) @ vectors.T)


def fit_pooled(
    pairs: Mapping[str, DailyData],
    model: DailyModel,
    *,
    level: float = 0.95,
    min_pairs: int = 3,
    min_acts: int = 1,
    max_iterations: int = 200,
) -> PooledFit:
    """Fit the daily model to several pairs with partial pooling of levels, branching ratios and half-lives.

    Effects of covariates and dispersions stay each pair's own.

    Args:
        pairs: data of each pair, by name. Sides of different pairs may have different names.
        model: terms, the same for all pairs.
        level: probability of the posterior intervals.
        min_pairs: fewest pairs.
        min_acts: fewest acts of each side of each pair; few are enough, because the other pairs help.
        max_iterations: most steps of expectation and maximisation.

    Returns:
        The fit. Posterior intervals allow for the uncertainty of the means and not for that of the spreads, so with
        few pairs they are somewhat short.

    Raises:
        NotEstimable: there are fewer pairs, or a side of one never acts.
        ParameterError: counts or covariates do not fit the model.
    """
    if len(pairs) < min_pairs:
        raise NotEstimable(f"{len(pairs)} pair(s) were given; pooling needs at least {min_pairs}.")
    parts = {}
    for name in sorted(pairs):
        try:
            check_estimable(pairs[name], min_acts=min_acts, min_days=1, family=model.family)
        except NotEstimable as why:
            raise NotEstimable(f"pair {name!r}: {why}") from why
        parts[name] = _Pair(pairs[name], model)
    kinds = sorted({kind for part in parts.values() for kind in part.kinds if kind is not None})
    centre, spread = _first_guess(parts, kinds)
    modes = {name: part.start() for name, part in parts.items()}
    moved, n_iterations = np.inf, 0
    while moved >= _SETTLED and n_iterations < max_iterations:
        n_iterations += 1
        found = {name: _update(part, modes[name], centre, spread) for name, part in parts.items()}
        modes = {name: maximum.x for name, (maximum, _) in found.items()}
        moved = _estimate_kinds(parts, found, kinds, centre, spread)
    return _result(
        parts, found, model, kinds, centre, spread, level, n_iterations, is_converged=moved < _SETTLED
    )


def _first_guess(
    parts: Mapping[str, _Pair], kinds: Sequence[str]
) -> tuple[dict[str, float], dict[str, float]]:
    values: dict[str, list[float]] = {kind: [] for kind in kinds}
    for part in parts.values():
        start = part.start()
        for place in part.pooled:
            values[str(part.kinds[place])].append(float(start[place]))
    return {kind: float(np.mean(v)) for kind, v in values.items()}, dict.fromkeys(kinds, 1.0)


def _prior(part: _Pair, centre: Mapping[str, float], spread: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Mean and precision of each parameter; a precision of zero leaves one to its pair."""
    mean, precision = np.zeros(len(part.kinds)), np.zeros(len(part.kinds))
    for place in part.pooled:
        kind = str(part.kinds[place])
        mean[place], precision[place] = centre[kind], 1 / spread[kind] ** 2
    return mean, precision


def _update(
    part: _Pair, start: Floats, centre: Mapping[str, float], spread: Mapping[str, float]
) -> tuple[Maximum, Floats]:
    return part.mode(start, *_prior(part, centre, spread))


def _estimate_kinds(
    parts: Mapping[str, _Pair],
    found: Mapping[str, tuple[Maximum, Floats]],
    kinds: Sequence[str],
    centre: dict[str, float],
    spread: dict[str, float],
) -> float:
    """New means and spreads in place; returns the largest change."""
    largest = 0.0
    for kind in kinds:
        values, variances = [], []
        for name, part in parts.items():
            maximum, covariance = found[name]
            for place in (p for p in part.pooled if part.kinds[p] == kind):
                values.append(float(maximum.x[place]))
                variances.append(float(covariance[place, place]))
        mean = float(np.mean(values))
        squares = float(np.sum((np.array(values) - mean) ** 2 + np.array(variances)))
        # the divisor of a prior that keeps the spread from zero (Chung and others 2013, Psychometrika 78)
        width = float(np.clip(np.sqrt(squares / (len(values) - 1)), *_SPREADS))
        largest = max(largest, abs(mean - centre[kind]), abs(np.log(width / spread[kind])))
        centre[kind], spread[kind] = mean, width
    return largest


def _result(
    parts: Mapping[str, _Pair],
    found: Mapping[str, tuple[Maximum, Floats]],
    model: DailyModel,
    kinds: Sequence[str],
    centre: Mapping[str, float],
    spread: Mapping[str, float],
    level: float,
    n_iterations: int,
    *,
    is_converged: bool,
) -> PooledFit:
    reach = float(stats.norm.ppf(0.5 + level / 2))
    counts = {kind: sum(k == kind for part in parts.values() for k in part.kinds) for kind in kinds}
    rows = []
    total = 0.0
    for name, part in parts.items():
        maximum, covariance = found[name]
        total += part.problem.evaluate(part.natural(maximum.x))[0]
        alone = _alone(part)
        for place in part.pooled:
            kind = str(part.kinds[place])
            value, variance = float(maximum.x[place]), float(covariance[place, place])
            weight = float(np.clip(1 - variance / spread[kind] ** 2, 0.0, 1.0))
            # what is drawn towards the mean shares in the mean's own uncertainty
            error = float(np.sqrt(variance + (1 - weight) ** 2 * spread[kind] ** 2 / counts[kind]))
            rows.append(
                {
                    "pair": name,
                    "parameter": part.problem.names[place],
                    "kind": kind,
                    "estimate": float(np.exp(value)),
                    "lower": float(np.exp(value - reach * error)),
                    "upper": float(np.exp(value + reach * error)),
                    "level": level,
                    "alone": None if alone is None else alone[place],
                    "weight": weight,
                }
            )
    return PooledFit(
        model,
        pl.DataFrame(
            {
                "kind": list(kinds),
                "n": [counts[kind] for kind in kinds],
                "mean": [float(np.exp(centre[kind])) for kind in kinds],
                "spread": [spread[kind] for kind in kinds],
            }
        ),
        pl.DataFrame(rows, schema_overrides={"alone": pl.Float64}),
        {name: part.problem.unpack(part.natural(found[name][0].x)) for name, part in parts.items()},
        total,
        n_iterations,
        is_converged=is_converged,
    )


def _alone(part: _Pair) -> list[float] | None:
    """Estimates of one pair by itself, on the natural scale, in the order of its parameters."""
    found = part.problem.solve(part.problem.starts()[1:2] or part.problem.starts())
    if not found.is_converged:
        return None
    return [
        float(v) if name.startswith("branching") else float(np.exp(v))
        for name, v in zip(part.problem.names, found.x, strict=True)
    ]


def compare_pooled(
    pairs: Mapping[str, DailyData],
    model: DailyModel,
    *,
    test_share: float = 0.3,
    min_pairs: int = 3,
) -> pl.DataFrame:
    """Held-out log scores of partial pooling against every pair by itself.

    Both are fitted on the first days of each pair and predict each of its last days from the days before it.

    Args:
        pairs: data of each pair, by name.
        model: terms, the same for all pairs.
        test_share: share of the days of each pair that is kept for the test, between 0 and 1.
        min_pairs: fewest pairs.

    Returns:
        A row for each pair and one, ``pair`` null, for their sum: pair, n_test_days, pooled, alone (log scores; null
        where a pair cannot be fitted alone), gain (pooled less alone), gain_se. The gain_se of the sum is the root of
        the number of pairs times the standard deviation of the pairs' gains, so errors are paired.

    Raises:
        NotEstimable: as :func:`fit_pooled`, or fewer than two pairs can be fitted alone.
        ParameterError: the share is not between 0 and 1.
    """
    if not 0 < test_share < 1:
        raise ParameterError(f"test_share {test_share}: must be between 0 and 1. Keep for instance 0.3")
    cut = {name: max(1, int(data.n_days * (1 - test_share))) for name, data in pairs.items()}
    training = {name: data.first_days(cut[name]) for name, data in pairs.items()}
    pooled = fit_pooled(training, model, min_pairs=min_pairs)
    rows: list[dict[str, object]] = []
    for name in sorted(pairs):
        score = _score(pairs[name], model, pooled.parameters[name], cut[name])
        try:
            own = fit_daily(training[name], model, min_acts=2, min_days=2)
        except NotEstimable:
            single = None
        else:
            single = _score(pairs[name], model, own.parameters, cut[name])
        rows.append(
            {
                "pair": name,
                "n_test_days": pairs[name].n_days - cut[name],
                "pooled": score,
                "alone": single,
                "gain": None if single is None else score - single,
                "gain_se": None,
            }
        )
    gains = np.array([row["gain"] for row in rows if row["gain"] is not None], dtype=np.float64)
    if len(gains) < 2:
        raise NotEstimable(f"{len(gains)} pair(s) can be fitted alone: nothing to compare pooling with.")
    rows.append(
        {
            "pair": None,
            "n_test_days": sum(data.n_days - cut[name] for name, data in pairs.items()),
            "pooled": sum(float(str(row["pooled"])) for row in rows),
            "alone": None,
            "gain": float(gains.sum()),
            "gain_se": float(np.sqrt(len(gains)) * gains.std(ddof=1)),
        }
    )
    return pl.DataFrame(
        rows,
        schema={
            "pair": pl.String,
            "n_test_days": pl.Int64,
            "pooled": pl.Float64,
            "alone": pl.Float64,
            "gain": pl.Float64,
            "gain_se": pl.Float64,
        },
    )


def _score(data: DailyData, model: DailyModel, parameters: DailyParameters, first: int) -> float:
    mean = expected_counts(data, model, parameters)[first:]
    return float(log_probability(data.counts[first:], mean, parameters.dispersion, model.family).sum())
