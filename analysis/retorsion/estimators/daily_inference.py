"""How sure one can be of a model of daily counts: intervals, residuals, timing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import optimize, stats

from retorsion.errors import NotEstimable
from retorsion.estimators.compiled import compiled
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyFit,
    DailyModel,
    DailyParameters,
    Problem,
    check_estimable,
    expected_counts,
    fit_receiver,
    levels,
    problems,
    simulate_daily,
)
from retorsion.estimators.maximum import Maximum
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import Interval, Result

__all__ = [
    "Bootstrap",
    "DailyResidualTest",
    "DailyResiduals",
    "Power",
    "TimingTest",
    "bootstrap_daily",
    "daily_residual_tests",
    "profile_intervals",
    "timing_power",
    "timing_test",
]

Floats = NDArray[np.float64]

_INTERVALS_SCHEMA = pl.Schema(
    {
        "parameter": pl.String,
        "estimate": pl.Float64,
        "standard_error": pl.Float64,
        "lower": pl.Float64,
        "upper": pl.Float64,
        "level": pl.Float64,
        "lower_is_bound": pl.Boolean,
        "upper_is_bound": pl.Boolean,
        "method": pl.String,
    }
)


def _natural(name: str, value: float) -> float:
    """A parameter of the search on its own scale: half-lives and dispersions are searched by logarithm."""
    return float(np.exp(value)) if name.startswith(("half-life", "dispersion")) else float(value)


class _Profile:
    """Log-likelihood as a function of one parameter, maximised over the others.

    With several half-lives there are several maxima, and which of them is the highest changes along the
    parameter. So all that were met are followed, and new ones looked for at every longer step.
    """

    #: A maximum lower than the highest by more than this is no longer followed.
    _HOPELESS = 6.0

    def __init__(self, problem: Problem, best: Maximum, place: int) -> None:
        self.problem, self.best, self.place = problem, best, place
        self._followed: list[Floats] = []
        self._known = {float(best.x[place]): 0.0}

    def root_of_loss(self, value: float, *, search: bool = False) -> float:
        """Root of twice the loss at a value; ``search`` looks for maxima not met yet."""
        if value not in self._known:
            starts = [*self._followed, *(self.problem.variations(self.best.x) if search else [self.best.x])]
            found = [self.problem.solve([start], {self.place: value}) for start in starts]
            found.sort(key=lambda maximum: -maximum.value)
            kept = [found[0]]
            for maximum in found[1:]:
                near_top = maximum.value > found[0].value - self._HOPELESS
                if near_top and all(np.abs(maximum.x - other.x).max() > 0.05 for other in kept):
                    kept.append(maximum)
            self._followed = [maximum.x for maximum in kept]
            self._known[value] = float(np.sqrt(2 * max(self.best.value - found[0].value, 0.0)))
        return self._known[value]


def _profile_interval(problem: Problem, best: Maximum, error: float, place: int, level: float) -> Interval:
    """Values of one parameter at which the profile log-likelihood is within the chi-squared drop.

    The search runs on the root of the loss, which is nearly linear in the parameter.
    """
    allowed = float(np.sqrt(stats.chi2.ppf(level, 1)))
    name, centre = problem.names[place], float(best.x[place])
    width = error if np.isfinite(error) else 0.25 * max(abs(centre), 0.4)
    edges = (float(problem.lower[place]), float(problem.upper[place]))
    limits, is_bound = list(edges), [True, True]
    for side, (edge, sign) in enumerate(zip(edges, (-1.0, 1.0), strict=True)):
        profile = _Profile(problem, best, place)
        inner, step = centre, 2 * width
        # the set may fall apart; the interval then spans its parts, up to an edge that is one of them
        is_natural = name.startswith("half-life") or (name.startswith("branching") and edge == 0)
        if is_natural and profile.root_of_loss(edge, search=True) <= allowed:
            continue
        while inner != edge:
            outer = inner + sign * min(step, abs(edge - inner))
            if profile.root_of_loss(outer, search=True) > allowed:
                limits[side] = optimize.brentq(
                    lambda value, known=profile: known.root_of_loss(value) - allowed,
                    *sorted((inner, outer)),
                    xtol=2e-3 * width,
                    rtol=1e-6,
                )
                is_bound[side] = False
                break
            inner, step = outer, 1.7 * step
    return Interval(
        _natural(name, centre),
        _natural(name, limits[0]),
        _natural(name, limits[1]),
        level,
        "profile likelihood",
        *is_bound,
    )


def profile_intervals(
    data: DailyData, fit: DailyFit, *, level: float = 0.95, only: Sequence[str] | None = None
) -> pl.DataFrame:
    """Profile-likelihood intervals (Venzon & Moolgavkar 1988, Applied Statistics 37).

    The limits are where twice the loss of log-likelihood, maximised over all other parameters, passes the
    chi-squared quantile with one degree of freedom. A branching ratio cannot be negative. Where its interval
    reaches zero, ``lower_is_bound`` is true and the interval is one-sided: it says how large the ratio can
    be, with at least the stated confidence. The estimate on the boundary makes it conservative (Self & Liang
    1987, JASA 82).

    A half-life is not identified where nothing is excited; its interval then runs to the limits of the search.
    With several maxima the values kept may fall apart; the interval then spans them.

    Args:
        data: what the model was fitted to.
        fit: the fit.
        level: confidence level.
        only: beginnings of the names of the parameters wanted, for instance ``["branching"]``; None for all.

    Returns:
        Frame parameter, estimate (null for a half-life of nothing), standard_error, lower, upper, level,
        lower_is_bound, upper_is_bound, method; one row per free parameter. Names: ``level SIDE``,
        ``COVARIATE SIDE`` (log scale), ``branching SOURCE->RECEIVER``, ``half-life`` (days), ``dispersion
        SIDE``.
    """
    rows = []
    for problem in problems(data, fit.model):
        best = problem.solve([problem.pack(fit.parameters)])
        errors = problem.standard_errors(best.x)
        for place, name in enumerate(problem.names):
            if problem.lower[place] == problem.upper[place] or (
                only is not None and not name.startswith(tuple(only))
            ):
                continue
            error = float(errors[place])
            found = _profile_interval(problem, best, error, place, level)
            if name.startswith(("half-life", "dispersion")):
                error *= found.estimate
            rows.append({"parameter": name, "standard_error": error, **found.to_dict()})
    frame = pl.DataFrame(rows, schema=_INTERVALS_SCHEMA)
    means_nothing = pl.col("parameter").is_in(fit.undefined)
    return frame.with_columns(
        pl.col("standard_error").fill_nan(None),
        pl.when(~means_nothing).then("estimate").alias("estimate"),
    )


def _named(problem: Problem, x: Floats) -> dict[str, float]:
    return {n: _natural(n, v) for n, v in zip(problem.names, x, strict=True)}


@dataclass(frozen=True)
class Bootstrap(Result):
    """Parametric bootstrap of a fit.

    Attributes:
        n_draws: series drawn and refitted.
        n_failed: draws left out because a side acted too rarely to refit.
        level: confidence level.
        table: frame parameter, estimate, mean, standard_deviation, lower, upper (percentiles), share_at_zero.
        draws: frame with one row per refit and one column per parameter.
    """

    n_draws: int
    n_failed: int
    level: float
    table: pl.DataFrame
    draws: pl.DataFrame


def bootstrap_daily(
    data: DailyData, fit: DailyFit, *, n_draws: int, rng: np.random.Generator, level: float = 0.95
) -> Bootstrap:
    """Draw series from the fitted model, refit each, and report what the estimates do (Efron 1979).

    Percentile limits of a branching ratio near zero start at zero; ``share_at_zero`` says how often the
    refit put it exactly there.

    Args:
        data: what the model was fitted to.
        fit: the fit.
        n_draws: number of series.
        rng: source of randomness.
        level: confidence level of the percentile limits.

    Raises:
        NotEstimable: the fitted process explodes, or fewer than half of the draws can be refitted.
    """
    if fit.parameters.spectral_radius >= 1:
        raise NotEstimable(
            f"The fitted process explodes (spectral radius {fit.parameters.spectral_radius:.2f}), so no "
            "series can be drawn from it."
        )
    draws, failed = [], 0
    for _ in range(n_draws):
        drawn = simulate_daily(data, fit.model, fit.parameters, rng)
        if np.any((drawn.counts > 0).sum(axis=0) < 3):
            failed += 1
            continue
        values: dict[str, float] = {}
        for problem in problems(drawn, fit.model):
            values |= _named(problem, problem.solve(problem.variations(problem.pack(fit.parameters))).x)
        draws.append(values)
    if len(draws) < n_draws / 2:
        raise NotEstimable(
            f"Of {n_draws} series drawn from the fitted model {failed} had too few acts to refit; the window "
            "is too thin for a bootstrap."
        )
    frame = pl.DataFrame(draws)
    estimates: dict[str, float] = {}
    for problem in problems(data, fit.model):
        estimates |= _named(problem, problem.pack(fit.parameters))
    tail = (1 - level) / 2
    rows = []
    for name, estimate in estimates.items():
        values_of = frame[name].to_numpy()
        lower, upper = np.quantile(values_of, [tail, 1 - tail])
        rows.append(
            {
                "parameter": name,
                "estimate": estimate,
                "mean": float(values_of.mean()),
                "standard_deviation": float(values_of.std(ddof=1)) if len(values_of) > 1 else None,
                "lower": float(lower),
                "upper": float(upper),
                "share_at_zero": float(np.mean(values_of == 0)),
            }
        )
    return Bootstrap(n_draws, failed, level, pl.DataFrame(rows), frame)


def log_probability(counts: Floats, mean: Floats, dispersion: Floats, family: str) -> Floats:
    """Log-probability of each count, shape (days, d)."""
    if family == "poisson":
        return np.asarray(stats.poisson.logpmf(counts, mean))
    if family == "negative_binomial":
        size = 1 / dispersion
        return np.asarray(stats.nbinom.logpmf(counts, size, size / (size + mean)))
    return np.where(counts > 0, np.log(-np.expm1(-mean)), -mean)


def _idle_hazard(mean: Floats, dispersion: Floats, family: str) -> Floats:
    """Minus the log-probability of a day without an act."""
    if family == "negative_binomial":
        return np.asarray(np.log1p(dispersion * mean) / dispersion)
    return mean


def _variance(mean: Floats, dispersion: Floats, family: str) -> Floats:
    if family == "bernoulli":
        active = -np.expm1(-mean)
        return np.asarray(active * (1 - active))
    return np.asarray(mean + dispersion * mean**2)


def pearson_residuals(data: DailyData, fit: DailyFit) -> Floats:
    """Count minus its mean, over its standard deviation, shape (days, d)."""
    mean = expected_counts(data, fit.model, fit.parameters)
    centre = -np.expm1(-mean) if fit.model.family == "bernoulli" else mean
    spread = np.sqrt(_variance(mean, fit.parameters.dispersion, fit.model.family))
    return np.asarray((data.counts - centre) / spread)


@dataclass(frozen=True)
class DailyResidualTest(Result):
    """Goodness of fit of one side; p-values from series drawn from the fitted model.

    Attributes:
        side: name of the side.
        n_active_days: days on which it acted.
        dispersion: mean squared Pearson residual; one if the law of the counts is right.
        dispersion_p_value: share of draws with at least that much (one-sided).
        gap_distance: Kolmogorov-Smirnov distance of the rescaled gaps between active days from the unit
            exponential (Haslinger, Pipa & Brown 2010, Neural Computation 22).
        gap_p_value: share of draws with at least that distance.
        portmanteau: Ljung-Box statistic of the Pearson residuals.
        portmanteau_lags: number of lags in it, in days.
        portmanteau_p_value: share of draws with at least that much.
    """

    side: str
    n_active_days: int
    dispersion: float
    dispersion_p_value: float
    gap_distance: float
    gap_p_value: float
    portmanteau: float
    portmanteau_lags: int
    portmanteau_p_value: float


@dataclass(frozen=True)
class DailyResiduals(Result):
    """Residual tests of all sides, and what happens on the same day.

    Attributes:
        sides: one test per side.
        same_day_correlation: of the Pearson residuals of the first two sides: common movement within a day,
            which the model cannot direct; null with one side.
        same_day_p_value: share of draws with at least that correlation in absolute value.
        n_draws: series drawn for the p-values.
    """

    sides: tuple[DailyResidualTest, ...]
    same_day_correlation: float | None
    same_day_p_value: float | None
    n_draws: int


def _residual_statistics(
    data: DailyData, fit: DailyFit, lags: int, rng: np.random.Generator
) -> tuple[Floats, float]:
    """Dispersion, gap distance and portmanteau, shape (d, 3); correlation of the first two sides."""
    mean = expected_counts(data, fit.model, fit.parameters)
    residual = pearson_residuals(data, fit)
    hazard = _idle_hazard(mean, fit.parameters.dispersion, fit.model.family)
    n, d = data.counts.shape
    out = np.zeros((d, 3))
    for i in range(d):
        active = np.flatnonzero(data.counts[:, i] > 0)
        out[i, 0] = np.mean(residual[:, i] ** 2)
        before = np.concatenate([[0.0], np.cumsum(hazard[:, i])])[active]
        # a place within the active day, drawn from the exponential cut off at the day's own hazard
        within = -np.log1p(rng.uniform(size=len(active)) * np.expm1(-hazard[active, i]))
        after = np.concatenate([[0.0], np.cumsum(hazard[:, i])])[active[:-1] + 1]
        gaps = before - np.concatenate([[0.0], after]) + within
        out[i, 1] = stats.kstest(gaps, "expon").statistic if len(gaps) else 0.0
        centred = residual[:, i] - residual[:, i].mean()
        spectrum = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
        correlation = np.fft.irfft(spectrum)[: lags + 1]
        correlation = correlation[1:] / correlation[0]
        out[i, 2] = n * (n + 2) * np.sum(correlation**2 / (n - np.arange(1, lags + 1)))
    same_day = float(np.corrcoef(residual[:, 0], residual[:, 1])[0, 1]) if d > 1 else float("nan")
    return out, same_day


def daily_residual_tests(
    data: DailyData, fit: DailyFit, *, lags: int = 28, n_draws: int = 199, rng: np.random.Generator
) -> DailyResiduals:
    """Tests of the residuals, with p-values from series drawn from the fitted model.

    Sparse counts make residuals far from normal, so tabulated critical values would mislead. Parameters are
    not re-estimated on the draws, which makes the p-values slightly large.

    Args:
        data: what the model was fitted to.
        fit: the fit.
        lags: days over which autocorrelation is looked for.
        n_draws: number of series drawn.
        rng: source of randomness.

    Raises:
        NotEstimable: the fitted process explodes.
    """
    observed, same_day = _residual_statistics(data, fit, lags, rng)
    drawn, drawn_same_day = [], []
    for _ in range(n_draws):
        series = simulate_daily(data, fit.model, fit.parameters, rng)
        values, correlation = _residual_statistics(series, fit, lags, rng)
        drawn.append(values)
        drawn_same_day.append(correlation)
    p_values = (1 + np.sum(np.array(drawn) >= observed, axis=0)) / (1 + n_draws)
    tests = tuple(
        DailyResidualTest(
            side,
            int(np.sum(data.counts[:, i] > 0)),
            float(observed[i, 0]),
            float(p_values[i, 0]),
            float(observed[i, 1]),
            float(p_values[i, 1]),
            float(observed[i, 2]),
            lags,
            float(p_values[i, 2]),
        )
        for i, side in enumerate(data.sides)
    )
    if len(data.sides) < 2:
        return DailyResiduals(tests, None, None, n_draws)
    extreme = float((1 + np.sum(np.abs(drawn_same_day) >= abs(same_day))) / (1 + n_draws))
    return DailyResiduals(tests, same_day, extreme, n_draws)


@compiled
def _shifted_scores(
    weight: Floats,
    source: Floats,
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    decays: Floats,
    step: int,
    n_shifts: int,
    rng: np.random.Generator,
) -> Floats:
    """Largest standardised score over the decays: of the series as it is, then of each shifted one."""
    n = len(source)
    out = np.empty(n_shifts + 1)
    moved = source.copy()
    for k in range(n_shifts + 1):
        if k > 0:
            for b in range(len(first)):
                length = last[b] - first[b]
                shift = step * rng.integers(0, max(1, length // step))
                for t in range(length):
                    moved[first[b] + (t + shift) % length] = source[first[b] + t]
        best = -np.inf
        for rho in decays:
            excited = 0.0
            score = 0.0
            size = 0.0
            for t in range(n):
                score += weight[t] * excited
                size += (weight[t] * excited) ** 2
                excited = rho * excited + (1.0 - rho) * moved[t]
            if size > 0.0:
                best = max(best, score / np.sqrt(size))
        out[k] = best
    return out


@dataclass(frozen=True)
class TimingTest(Result):
    """Whether one side acts sooner after the other's acts than chance would have it.

    Attributes:
        source: side whose acts may be answered.
        receiver: side that may answer.
        statistic: largest standardised score of the branching ratio over the half-lives.
        null_mean: its mean over shifted series.
        null_upper: its 95 % quantile over shifted series.
        n_shifts: number of shifted series.
        block_days: length of the longest block.
        p_value: share of series, the true one included, with at least the observed statistic (one-sided).
    """

    source: str
    receiver: str
    statistic: float
    null_mean: float
    null_upper: float
    n_shifts: int
    block_days: int
    p_value: float


def timing_test(
    data: DailyData,
    model: DailyModel,
    *,
    source: str,
    receiver: str,
    blocks: NDArray[np.int64],
    half_lives: Sequence[float],
    n_shifts: int,
    rng: np.random.Generator,
    step_days: int = 7,
    min_acts: int = 15,
    min_days: int = 10,
    without_link: DailyParameters | None = None,
) -> TimingTest:
    """Permutation test of the timing of one side's acts after the other's.

    The receiver's series, its own history and its response to outside events are held as they are (the
    model is fitted without the link in question). The source's series is shifted circularly within each
    block by a whole number of steps. That keeps how much it acts in each block, the order of its acts and,
    with a step of seven days, their weekdays. What is left to test is whether the receiver's surplus of
    acts follows the source's.

    Args:
        data: counts and covariates.
        model: the model with the link.
        source: side whose series is shifted.
        receiver: side that may answer.
        blocks: number of the block of each day, see :func:`retorsion.estimators.blocks.shift_blocks`.
        half_lives: days; the statistic is the largest over them, so that none is chosen after the fact.
        n_shifts: number of shifted series.
        rng: source of randomness.
        step_days: shifts are multiples of this.
        min_acts: fewest acts of each side.
        min_days: fewest active days of each side.
        without_link: fit of the model without the link to these data, if there is one already.

    Raises:
        NotEstimable: too few acts, or no block in which the source's series could be shifted.
    """
    i, j = data.sides.index(receiver), data.sides.index(source)
    free = replace(model, without=(*model.without, (source, receiver)))
    check_estimable(data, min_acts=min_acts, min_days=min_days, family=model.family)
    if without_link is None:
        without_link, _ = fit_receiver(data, free, receiver)
    fitted = without_link
    mean = expected_counts(data, free, fitted)[:, i]
    y, phi = data.counts[:, i], float(fitted.dispersion[i])
    if model.family == "bernoulli":
        weight = np.where(y > 0, 1 / np.expm1(mean), -1.0)
    else:
        weight = y / mean - (1 + phi * y) / (1 + phi * mean)
    labels, first = np.unique(blocks, return_index=True)
    last = np.append(first[1:], len(blocks))
    own = np.add.reduceat(data.counts[:, j], first)
    if not np.any((own > 0) & (last - first >= 2 * step_days)):
        raise NotEstimable(
            f"No block of {len(labels)} is long enough and has an act of {source}, so its timing cannot "
            "be tested."
        )
    values = _shifted_scores(
        np.ascontiguousarray(weight),
        np.ascontiguousarray(data.counts[:, j]),
        first.astype(np.int64),
        last.astype(np.int64),
        0.5 ** (1 / np.asarray(half_lives, dtype=np.float64)),
        step_days,
        n_shifts,
        rng,
    )
    observed, null = values[0], values[1:]
    return TimingTest(
        source,
        receiver,
        float(observed),
        float(null.mean()),
        float(np.quantile(null, 0.95)),
        n_shifts,
        int((last - first).max()),
        float((1 + np.sum(null >= observed)) / (1 + n_shifts)),
    )


@dataclass(frozen=True)
class Power(Result):
    """How often an effect of one size would be told in records like the one at hand.

    Attributes:
        source: side whose acts set off others.
        receiver: side that answers.
        ratio: acts of the receiver that one act of the source sets off in the drawn records.
        estimate: share of the drawn records in which both tests tell the effect.
        lower: lower limit of that share (Wilson), for the number of draws.
        upper: upper limit.
        level: confidence level of the limits, and of the likelihood-ratio test.
        n: records drawn.
        n_told: those in which it is told.
    """

    source: str
    receiver: str
    ratio: float
    estimate: float
    lower: float
    upper: float
    level: float
    n: int
    n_told: int


def with_link(data: DailyData, fit: DailyFit, i: int, j: int, ratio: float) -> DailyParameters:
    """Fitted parameters with another branching ratio j to i, and a level that keeps i's expected acts."""
    at = fit.parameters
    unprompted = float(levels(data, fit.model, at)[:, i].sum())
    left = unprompted + (float(at.branching[i, j]) - ratio) * float(data.counts[:, j].sum())
    if left <= 0:
        raise NotEstimable(
            f"If one act of {data.sides[j]} set off {ratio:g} of {data.sides[i]}, that would be more than "
            f"the {int(data.counts[:, i].sum())} acts of the record."
        )
    effects, branching = at.effects.copy(), at.branching.copy()
    effects[i, 0] += np.log(left / unprompted)
    branching[i, j] = ratio
    return replace(at, effects=effects, branching=branching)


def timing_power(
    data: DailyData,
    fit: DailyFit,
    *,
    source: str,
    receiver: str,
    ratio: float,
    blocks: NDArray[np.int64],
    half_lives: Sequence[float],
    n_draws: int,
    n_shifts: int,
    rng: np.random.Generator,
    level: float = 0.95,
    min_acts: int = 15,
    min_days: int = 10,
) -> Power:
    """Share of records drawn with an effect of a stated size in which the effect would be told.

    Records are drawn from the fitted model with one branching ratio set to ``ratio``. All else is as
    fitted, except the receiver's level: it is moved so that the expected number of its acts stays that of
    the record. An effect is told, as in the findings, if its profile interval lies above zero (the
    likelihood-ratio statistic passes the chi-squared quantile) and the timing test gives p below 0.05. A
    record with too few acts to be tested tells nothing.

    Args:
        data: what the model was fitted to.
        fit: the fit.
        source: side whose acts set off others.
        receiver: side that answers.
        ratio: acts of the receiver set off by one act of the source.
        blocks: as for :func:`timing_test`.
        half_lives: as for :func:`timing_test`.
        n_draws: records drawn.
        n_shifts: shifts of each timing test.
        rng: source of randomness.
        level: confidence level.
        min_acts: fewest acts of each side.
        min_days: fewest active days of each side.

    Raises:
        NotEstimable: an effect of that size needs more acts than the record has, or the process explodes.
    """
    i, j = data.sides.index(receiver), data.sides.index(source)
    truth = with_link(data, fit, i, j, ratio)
    smaller = replace(fit.model, without=(*fit.model.without, (source, receiver)))
    allowed = float(stats.chi2.ppf(level, 1))
    n_told = 0
    for _ in range(n_draws):
        drawn = simulate_daily(data, fit.model, truth, rng)
        try:
            check_estimable(drawn, min_acts=min_acts, min_days=min_days, family=fit.model.family)
            _, whole = fit_receiver(drawn, fit.model, receiver, start_from=truth)
            without_link, without = fit_receiver(drawn, smaller, receiver, start_from=truth)
            if 2 * (whole - without) <= allowed:
                continue
            tested = timing_test(
                drawn,
                fit.model,
                source=source,
                receiver=receiver,
                blocks=blocks,
                half_lives=half_lives,
                n_shifts=n_shifts,
                rng=rng,
                min_acts=min_acts,
                min_days=min_days,
                without_link=without_link,
            )
        except NotEstimable:
            continue
        n_told += tested.p_value < 0.05
    found = proportion(n_told, n_draws, level=level)
    return Power(
        source, receiver, ratio, found.estimate, found.lower, found.upper, level, n_draws, int(n_told)
    )
