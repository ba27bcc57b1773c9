"""Change points in how often a side acts.

Counts per period are taken as Poisson with a rate that jumps at unknown times. The best cut for every
number of changes is found exactly, by dynamic programming over segments (Auger & Lawrence 1989, Bulletin
of Mathematical Biology 51; the penalised optimum is that of PELT, Killick, Fearnhead & Eckley 2012, JASA
107). Libraries for change points have no Poisson cost, and a cost function in Python is a thousand times
slower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.compiled import compiled
from retorsion.estimators.results import Result

__all__ = [
    "ChangeBootstrap",
    "Regimes",
    "bootstrap_changes",
    "change_positions",
    "dispersion_within",
    "regimes",
]

Floats = NDArray[np.float64]


@compiled
def _best_cuts(counts: Floats, max_changes: int, min_size: int) -> tuple[Floats, NDArray[np.int64]]:
    """Least cost of the first t counts in k + 1 segments, and where the last of them begins.

    The cost of a segment is minus twice its Poisson log-likelihood at its own mean, without the terms
    that do not depend on the cuts.
    """
    n = len(counts)
    total = np.zeros(n + 1)
    for t in range(n):
        total[t + 1] = total[t] + counts[t]
    cost = np.full((max_changes + 1, n + 1), np.inf)
    begin = np.zeros((max_changes + 1, n + 1), dtype=np.int64)
    for t in range(min_size, n + 1):
        if total[t] > 0:
            cost[0, t] = -2.0 * total[t] * np.log(total[t] / t)
        else:
            cost[0, t] = 0.0
    for k in range(1, max_changes + 1):
        for t in range((k + 1) * min_size, n + 1):
            for s in range(k * min_size, t - min_size + 1):
                own = total[t] - total[s]
                segment = -2.0 * own * np.log(own / (t - s)) if own > 0 else 0.0
                value = cost[k - 1, s] + segment
                if value < cost[k, t]:
                    cost[k, t] = value
                    begin[k, t] = s
    return cost, begin


def _cuts(begin: NDArray[np.int64], k: int, n: int) -> list[int]:
    """First periods of the second and later segments in the best cut with k changes."""
    places, end = [], n
    for changes in range(k, 0, -1):
        end = int(begin[changes, end])
        places.append(end)
    return places[::-1]


@dataclass(frozen=True)
class Regimes(Result):
    """Regimes of one side.

    Attributes:
        n_periods: number of counts.
        n_acts: their sum.
        penalty: what each change costs, on the scale of minus twice the log-likelihood.
        dispersion: factor by which the log-likelihood was divided.
        n_changes: number of changes.
        changes: frame change (number), period_start (first period of the new regime), lower, upper,
            probability (of the very period), rate_before, rate_after, gain (loss of fit without this
            change, in units of the penalty's scale), level. lower and upper bound the shortest set of
            neighbouring periods that holds the change with the stated probability.
        segments: frame period_start, period_end (first period of the last kept), n_periods, n_acts, rate.
        by_number: frame n_changes, deviance (minus twice the log-likelihood, over the dispersion, up to a
            constant), penalised, bic_difference (from the best).
    """

    n_periods: int
    n_acts: int
    penalty: float
    dispersion: float
    n_changes: int
    changes: pl.DataFrame
    segments: pl.DataFrame
    by_number: pl.DataFrame


def change_positions(
    counts: Floats, first: int, last: int, min_size: int, dispersion: float = 1.0
) -> tuple[NDArray[np.int64], Floats]:
    """Where a single change between two neighbours may lie.

    Posterior of the change within ``counts[first:last]``, all places alike beforehand, rates integrated
    out under the Jeffreys prior of a Poisson mean (Raftery & Akman 1986, Biometrika 73).

    Args:
        counts: counts per period.
        first: first period between the neighbouring changes.
        last: one past the last period.
        min_size: least length of a regime.
        dispersion: factor by which the log-likelihood is divided.

    Returns:
        Places (first period of the new regime) and their probabilities.

    Raises:
        NotEstimable: no place leaves ``min_size`` periods to both sides.
        ParameterError: a count is no number of 0 or more.
    """
    counts = floats(counts, "counts", least=0)
    places = np.arange(first + min_size, last - min_size + 1)
    if len(places) == 0:
        raise NotEstimable(f"{last - first} periods are too few for two of {min_size} or more.")
    total = np.concatenate([[0.0], np.cumsum(counts)])
    left, right = total[places] - total[first], total[last] - total[places]
    n_left, n_right = places - first, last - places
    log_weight = special.gammaln(left + 0.5) - (left + 0.5) * np.log(n_left)
    log_weight += special.gammaln(right + 0.5) - (right + 0.5) * np.log(n_right)
    weight = np.exp((log_weight - log_weight.max()) / dispersion)
    return places, weight / weight.sum()


def _shortest_set(places: NDArray[np.int64], probability: Floats, level: float) -> tuple[int, int]:
    """Shortest run of places that holds the level."""
    total = np.concatenate([[0.0], np.cumsum(probability)])
    best = (0, len(places) - 1)
    for i in range(len(places)):
        j = int(np.searchsorted(total, total[i] + level - 1e-12))
        if j <= len(places) and j - 1 - i < best[1] - best[0]:
            best = (i, j - 1)
    return int(places[best[0]]), int(places[best[1]])


def regimes(
    counts: Floats,
    starts: list[date],
    *,
    penalty: float | None = None,
    dispersion: float = 1.0,
    max_changes: int = 8,
    min_size: int = 2,
    level: float = 0.95,
    min_acts: int = 10,
) -> Regimes:
    """Regimes of a series of counts: how many, where, and how sure.

    Args:
        counts: acts per period, in order.
        starts: first day of each period.
        penalty: cost of a change on the scale of minus twice the log-likelihood; by default twice the
            logarithm of the number of periods, the BIC with a rate and a place for each change.
        dispersion: variance of the counts over their mean within a regime. Packages of acts make it
            exceed one, and without it every package looks like a regime; see :func:`dispersion_within`.
        max_changes: most changes considered.
        min_size: least length of a regime in periods.
        level: probability of the set of places of each change, given its neighbours.
        min_acts: fewest acts.

    Returns:
        The regimes of the number of changes with the least penalised cost.

    Raises:
        NotEstimable: too few acts, or fewer periods than two regimes need.
        ParameterError: counts that are not whole numbers, or lengths that differ.
    """
    counts = np.ascontiguousarray(floats(counts, "counts", least=0, whole=True))
    n = len(counts)
    if len(starts) != n or not dispersion > 0:
        raise ParameterError(
            f"{n} counts for {len(starts)} periods with dispersion {dispersion}: need whole numbers of "
            "acts, one for each period, and a dispersion above zero. Correct the input"
        )
    if counts.sum() < min_acts:
        raise NotEstimable(
            f"{int(counts.sum())} acts in the window; at least {min_acts} are needed to look for regimes."
        )
    if n < 2 * min_size:
        raise NotEstimable(f"{n} periods are too few for two regimes of {min_size} periods or more.")
    if penalty is None:
        penalty = 2 * float(np.log(n))
    most = min(max_changes, n // min_size - 1)
    cost, begin = _best_cuts(counts, most, min_size)
    deviance = cost[:, n] / dispersion
    penalised = deviance + penalty * np.arange(most + 1)
    bic = deviance + 2 * np.log(n) * np.arange(most + 1)
    chosen = int(np.argmin(penalised))
    cuts = _cuts(begin, chosen, n)
    edges = [0, *cuts, n]
    total = np.concatenate([[0.0], np.cumsum(counts)])
    rates = [(total[b] - total[a]) / (b - a) for a, b in pairwise(edges)]
    return Regimes(
        n,
        int(counts.sum()),
        float(penalty),
        dispersion,
        chosen,
        _changes(counts, starts, edges, min_size=min_size, dispersion=dispersion, level=level),
        pl.DataFrame(
            {
                "period_start": [starts[a] for a in edges[:-1]],
                "period_end": [starts[b - 1] for b in edges[1:]],
                "n_periods": [b - a for a, b in pairwise(edges)],
                "n_acts": [int(total[b] - total[a]) for a, b in pairwise(edges)],
                "rate": [float(rate) for rate in rates],
            }
        ),
        pl.DataFrame(
            {
                "n_changes": np.arange(most + 1),
                "deviance": deviance,
                "penalised": penalised,
                "bic_difference": bic - bic.min(),
            }
        ),
    )


def _changes(
    counts: Floats,
    starts: list[date],
    edges: Sequence[int],
    *,
    min_size: int,
    dispersion: float,
    level: float,
) -> pl.DataFrame:
    """Where the regimes between some edges change, and how sure each place is, given its neighbours."""
    total = np.concatenate([[0.0], np.cumsum(counts)])
    rates = [(total[b] - total[a]) / (b - a) for a, b in pairwise(edges)]
    rows = []
    for k, cut in enumerate(edges[1:-1]):
        places, probability = change_positions(counts, edges[k], edges[k + 2], min_size, dispersion)
        low, high = _shortest_set(places, probability, level)
        merged = _segment(total, edges[k], edges[k + 2])
        apart = _segment(total, edges[k], cut) + _segment(total, cut, edges[k + 2])
        rows.append(
            {
                "change": k + 1,
                "period_start": starts[cut],
                "lower": starts[low],
                "upper": starts[high],
                "probability": float(probability[np.flatnonzero(places == cut)[0]]),
                "rate_before": float(rates[k]),
                "rate_after": float(rates[k + 1]),
                "gain": float((merged - apart) / dispersion),
                "level": level,
            }
        )
    return pl.DataFrame(
        rows,
        schema={
            "change": pl.Int64,
            **dict.fromkeys(("period_start", "lower", "upper"), pl.Date),
            **dict.fromkeys(("probability", "rate_before", "rate_after", "gain", "level"), pl.Float64),
        },
    )


def _segment(total: Floats, a: int, b: int) -> float:
    own = total[b] - total[a]
    return float(-2 * own * np.log(own / (b - a))) if own > 0 else 0.0


def dispersion_within(counts: Floats, n_changes: int, *, min_size: int = 2) -> float:
    """Variance over mean within regimes: Pearson's statistic over its degrees of freedom, at least one.

    Args:
        counts: acts per period.
        n_changes: number of changes to allow for; generous, so that no change is taken for dispersion.
        min_size: least length of a regime.

    Raises:
        ParameterError: a count is no number of 0 or more.
    """
    counts = np.ascontiguousarray(floats(counts, "counts", least=0))
    n = len(counts)
    most = min(n_changes, n // min_size - 1)
    _, begin = _best_cuts(counts, most, min_size)
    edges = [0, *_cuts(begin, most, n), n]
    statistic, freedom = 0.0, n
    for a, b in pairwise(edges):
        mean = counts[a:b].mean()
        freedom -= 1
        if mean > 0:
            statistic += float(np.sum((counts[a:b] - mean) ** 2) / mean)
        else:
            freedom -= b - a - 1  # a silent regime says nothing about variance
    return max(1.0, statistic / freedom) if freedom > 0 else 1.0


@dataclass(frozen=True)
class ChangeBootstrap(Result):
    """Where the changes fall in series drawn from the fitted regimes.

    Attributes:
        n_draws: series drawn.
        level: confidence level.
        table: frame change, period_start, lower, upper (percentiles of the place of the same change).
        same_number: share of draws in which the penalty finds the same number of changes.
    """

    n_draws: int
    level: float
    table: pl.DataFrame
    same_number: float


def bootstrap_changes(
    fitted: Regimes,
    starts: list[date],
    *,
    n_draws: int,
    rng: np.random.Generator,
    min_size: int = 2,
    level: float = 0.95,
) -> ChangeBootstrap:
    """Draw series from the fitted rates, cut each into as many regimes, and see where the cuts fall.

    With a dispersion above one, counts are drawn from the negative binomial law of that variance.

    Args:
        fitted: the regimes.
        starts: first day of each period.
        n_draws: number of series.
        rng: source of randomness.
        min_size: least length of a regime.
        level: confidence level.

    Raises:
        NotEstimable: there is no change.
    """
    k, n = fitted.n_changes, fitted.n_periods
    if k == 0:
        raise NotEstimable("No change of regime was found, so there is none to place.")
    rate = np.repeat(fitted.segments["rate"].to_numpy(), fitted.segments["n_periods"].to_numpy())
    most = len(fitted.by_number) - 1
    places, same = np.empty((n_draws, k), dtype=np.int64), 0
    for draw in range(n_draws):
        if fitted.dispersion > 1:
            shape = rate / (fitted.dispersion - 1)
            mean = rng.gamma(np.maximum(shape, 1e-12)) * (fitted.dispersion - 1)
            counts = rng.poisson(np.where(rate > 0, mean, 0.0)).astype(np.float64)
        else:
            counts = rng.poisson(rate).astype(np.float64)
        cost, begin = _best_cuts(counts, most, min_size)
        places[draw] = _cuts(begin, k, n)
        penalised = cost[:, n] / fitted.dispersion + fitted.penalty * np.arange(most + 1)
        same += int(np.argmin(penalised) == k)
    tail = (1 - level) / 2
    low = np.quantile(places, tail, axis=0, method="lower")
    high = np.quantile(places, 1 - tail, axis=0, method="higher")
    table = fitted.changes.select("change", "period_start").with_columns(
        pl.Series("lower", [starts[int(v)] for v in low], dtype=pl.Date),
        pl.Series("upper", [starts[int(v)] for v in high], dtype=pl.Date),
    )
    return ChangeBootstrap(n_draws, level, table, same / n_draws)
