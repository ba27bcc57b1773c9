"""Tests of a link between sides whose half-life means nothing where the link is absent.

Under the hypothesis that one side's acts set off none of the other's, the half-life of that response is not
identified. Twice the gain of log-likelihood then has no chi-squared law: it is the largest of a process over
half-lives (Davies 1987, Biometrika 74; Andrews and Ploberger 1994, Econometrica 62), and a branching ratio
besides cannot be negative. Its law is drawn here from the model without the link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from retorsion.errors import ParameterError
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyFit,
    DailyModel,
    DailyParameters,
    Problem,
    problems,
    simulate_daily,
)
from retorsion.estimators.daily_inference import with_link
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import Result

__all__ = ["LikelihoodRatio", "Reliability", "likelihood_ratio", "reliability"]

Floats = NDArray[np.float64]

#: Series with at least as large a statistic after which no more are drawn.
_ENOUGH = 20
#: Gain of log-likelihood below which a climb stops in drawn series: a thousandth of what a test turns on.
_TOLERANCE = 1e-4
#: Branching ratio of a new link at the points the search starts from.
_START = 0.1


@dataclass(frozen=True)
class LikelihoodRatio(Result):
    """Test of one model within another.

    Attributes:
        statistic: twice the difference of the log-likelihoods, the half-life free in both.
        n_links: branching ratios set to zero in the smaller model.
        p_value: share of series drawn from the smaller model, the true one included, with at least as large a
            statistic when both are fitted again.
        n_draws: series drawn and refitted; fewer than asked for where enough were at least as large, and none where
            the link is estimated as zero.
    """

    statistic: float
    n_links: int
    p_value: float
    n_draws: int


def _touched(data: DailyData, model: DailyModel, receivers: Sequence[int]) -> list[Problem]:
    """The parts of the likelihood that the receivers' counts belong to."""
    return [part for part in problems(data, model) if set(receivers) & set(part.receivers.tolist())]


def _grid(problem: Problem, at: DailyParameters) -> list[Floats]:
    """Points to start from: the parameters with short, middling and long half-lives."""
    first = problem.variations(problem.pack(at))
    return first if len(first) <= 3 else [first[0], first[1], first[-1]]


def _fitted(
    data: DailyData, model: DailyModel, receivers: Sequence[int], at: DailyParameters
) -> tuple[float, DailyParameters]:
    """Log-likelihood of the receivers' parts, the largest over the grid, and the parameters there."""
    value = 0.0
    best = replace(
        at,
        effects=at.effects.copy(),
        branching=at.branching.copy(),
        half_life_days=at.half_life_days.copy(),
        dispersion=at.dispersion.copy(),
    )
    for part in _touched(data, model, receivers):
        found = part.solve(_grid(part, at), tolerance=_TOLERANCE)
        value += found.value
        own = part.unpack(found.x)
        for i in part.receivers:
            best.effects[i], best.branching[i] = own.effects[i], own.branching[i]
            best.half_life_days[i], best.dispersion[i] = own.half_life_days[i], own.dispersion[i]
    return value, best


def _statistic(
    data: DailyData,
    smaller: DailyModel,
    larger: DailyModel,
    receivers: Sequence[int],
    added: Sequence[tuple[int, int]],
    at: DailyParameters,
) -> tuple[float, DailyParameters]:
    """Twice the gain of the larger model, at least zero, and the parameters of the smaller one."""
    without, found = _fitted(data, smaller, receivers, at)
    start = replace(found, branching=found.branching.copy())
    for place in added:
        start.branching[place] = _START
    whole, _ = _fitted(data, larger, receivers, start)
    return max(2 * (whole - without), 0.0), found


def _links_between(smaller: DailyModel, larger: DailyModel, sides: tuple[str, ...]) -> list[tuple[int, int]]:
    """Links (receiver, source) of the larger model that the smaller lacks.

    Raises:
        ParameterError: the models differ in more than links, or in none.
    """
    own, other = smaller.linked(sides), larger.linked(sides)
    alike = replace(smaller, links="all", without=()) == replace(larger, links="all", without=())
    if not alike or np.any(own & ~other) or not np.any(other & ~own):
        raise ParameterError("models: the smaller must be the larger without some links. Change the models")
    return [(int(i), int(j)) for i, j in np.argwhere(other & ~own)]


def likelihood_ratio(
    data: DailyData, smaller: DailyFit, larger: DailyFit, *, n_draws: int, rng: np.random.Generator
) -> LikelihoodRatio:
    """Test that the links missing in ``smaller`` are zero, by parametric bootstrap of the largest gain.

    Series of all sides are drawn from the smaller model, and both models are fitted to each. Fits start from
    short, middling and long half-lives, so the statistic is the largest over half-lives in the draws as in the
    data. Where the answer is no, drawing stops early: once :data:`_ENOUGH` series have at least as large a
    statistic, their share is the p value (Besag and Clifford 1991, Biometrika 78).

    Args:
        data: what both were fitted to.
        smaller: fit without the links.
        larger: fit with them.
        n_draws: most series drawn.
        rng: source of randomness.

    Raises:
        NotEstimable: the smaller process explodes.
        ParameterError: the models differ in more than links.
    """
    added = _links_between(smaller.model, larger.model, smaller.sides)
    receivers = sorted({i for i, _ in added})
    observed = max(2 * (larger.log_likelihood - smaller.log_likelihood), 0.0)
    if observed < 1e-6:  # the link is estimated as zero, and no statistic is smaller
        return LikelihoodRatio(0.0, len(added), 1.0, 0)
    n_as_large = 0
    for k in range(1, n_draws + 1):
        drawn = simulate_daily(data, smaller.model, smaller.parameters, rng)
        value, _ = _statistic(drawn, smaller.model, larger.model, receivers, added, smaller.parameters)
        n_as_large += value >= observed - 1e-6  # rounding must not part statistics that are zero alike
        if n_as_large == _ENOUGH:
            return LikelihoodRatio(observed, len(added), n_as_large / k, k)
    return LikelihoodRatio(observed, len(added), (1 + n_as_large) / (1 + n_draws), n_draws)


@dataclass(frozen=True)
class Reliability(Result):
    """What the test of a link and its interval do in records drawn like the one at hand.

    Attributes:
        source: side whose acts may set off others.
        receiver: side that may answer.
        omitted: covariates that are in the drawn records and not in the model that is tested.
        n: records drawn, for each of the two numbers.
        size: share of records without the link in which the test at 5 % finds one.
        size_lower: lower limit of it (Wilson), for the number of records.
        size_upper: upper limit.
        ratio: branching ratio in the records drawn with the link.
        coverage: share of these in which the profile interval holds it.
        coverage_lower: lower limit of it (Wilson).
        coverage_upper: upper limit.
        level: of the intervals.
    """

    source: str
    receiver: str
    omitted: tuple[str, ...]
    n: int
    size: float
    size_lower: float
    size_upper: float
    ratio: float
    coverage: float
    coverage_lower: float
    coverage_upper: float
    level: float


def reliability(
    data: DailyData,
    fit: DailyFit,
    *,
    source: str,
    receiver: str,
    ratio: float,
    n_records: int,
    rng: np.random.Generator,
    omitted: Sequence[str] = (),
    level: float = 0.95,
) -> Reliability:
    """Size of the bootstrap test and coverage of the profile interval in the fitted regime.

    Records are drawn from the fitted model with the link set to zero (size) and to ``ratio`` (coverage), the
    receiver's level moved so that the expected number of its acts stays. The tested model may lack covariates
    that moved the records: what a calendar left out does to the test.

    To bootstrap each record in full would take hours, so one series is drawn from the fit to each record. The
    null law is that of all of them together (Giacomini, Politis and White 2013, Econometric Theory 29). An
    interval holds the true ratio where twice the loss of log-likelihood there is below the chi-squared quantile.

    Args:
        data: what the model was fitted to.
        fit: the fit.
        source: side whose acts may set off others.
        receiver: side that may answer.
        ratio: acts of the receiver set off by one of the source, for the coverage.
        n_records: records drawn for each of the two.
        rng: source of randomness.
        omitted: covariates of the fit that the tested model lacks.
        level: of the intervals.

    Raises:
        NotEstimable: a link of that size needs more acts than the record has, or the process explodes.
        ParameterError: a covariate to omit is not in the model.
    """
    unknown = [name for name in omitted if name not in fit.model.covariates]
    if unknown:
        raise ParameterError(
            f"omitted {unknown}: not in the model. Choose among {list(fit.model.covariates)}"
        )
    i, j = data.sides.index(receiver), data.sides.index(source)
    kept = [0, *(1 + k for k, name in enumerate(fit.model.covariates) if name not in omitted)]
    larger = replace(
        fit.model, covariates=tuple(name for name in fit.model.covariates if name not in omitted)
    )
    smaller = replace(larger, without=(*larger.without, (source, receiver)))
    nothing, something = with_link(data, fit, i, j, 0.0), with_link(data, fit, i, j, ratio)
    start = replace(nothing, effects=nothing.effects[:, kept])
    observed, null = np.empty(n_records), np.empty(n_records)
    n_covered = 0
    for k in range(n_records):
        record = simulate_daily(data, fit.model, nothing, rng)
        observed[k], found = _statistic(record, smaller, larger, [i], [(i, j)], start)
        _, whole = _fitted(record, smaller, range(len(data.sides)), found)
        again = simulate_daily(data, smaller, whole, rng)
        null[k], _ = _statistic(again, smaller, larger, [i], [(i, j)], whole)
        n_covered += _holds(
            simulate_daily(data, fit.model, something, rng),
            larger,
            replace(something, effects=something.effects[:, kept]),
            (i, j),
            level,
        )
    n_found = int(np.sum(observed > np.quantile(null, 0.95)))
    size, coverage = (proportion(n, n_records, level=level) for n in (n_found, n_covered))
    return Reliability(
        source,
        receiver,
        tuple(omitted),
        n_records,
        size.estimate,
        size.lower,
        size.upper,
        ratio,
        coverage.estimate,
        coverage.lower,
        coverage.upper,
        level,
    )


def _holds(
    data: DailyData, model: DailyModel, truth: DailyParameters, link: tuple[int, int], level: float
) -> bool:
    """Whether the profile interval of a link holds its true value."""
    part = _touched(data, model, [link[0]])[0]
    starts = _grid(part, truth)
    place = part.place_of(link)
    best = part.solve(starts).value
    held = part.solve(starts, {place: float(truth.branching[link])}).value
    return bool(2 * (best - held) <= stats.chi2.ppf(level, 1))
