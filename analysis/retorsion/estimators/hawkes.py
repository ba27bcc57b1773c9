r"""Mutually exciting point processes in continuous time, for events whose times do not tie.

Intensity of side :math:`i` (Hawkes 1971, Biometrika 58):

.. math:: \lambda_i(t) = \mu_i + \sum_m \gamma_{im} x_m(t)
        + \sum_j A_{ij} \sum_{t_k^j < t} w_k \beta_i e^{-\beta_i (t - t_k^j)}

so that :math:`A_{ij}` is the expected number of acts of side *i* that one act of side *j* sets off directly
(the branching matrix), and :math:`\ln 2 / \beta_i` the half-life of the response. Drivers
:math:`x_m \ge 0` from outside may add to the rate, and marks :math:`w_k`, one on average for each side, may make
some acts excite more than others. The log-likelihood is
evaluated in one pass (Ozaki 1979, Annals of the Institute of Statistical Mathematics 31), hence in time
linear in the number of events.

Two events of one instant have probability zero in this model, so a fit to dates known to the day is
meaningless; such data belong in :mod:`retorsion.estimators.daily_hawkes`. They can be spread over their day
(:func:`spread_within_day`) to see whether a result depends on that choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.hawkes_kernels import compensator, fill_log_likelihood
from retorsion.estimators.maximum import Evaluate, maximise
from retorsion.estimators.results import Result

__all__ = [
    "HawkesFit",
    "HawkesParameters",
    "ResidualTest",
    "fit_hawkes",
    "log_likelihood",
    "simulate_hawkes",
    "spread_within_day",
    "time_rescaling_tests",
]

Floats = NDArray[np.float64]

#: Greatest branching ratio considered; an estimate on it is reported as such.
_BRANCHING_LIMIT = 50.0


@dataclass(frozen=True)
class HawkesParameters(Result):
    """Parameters of a mutually exciting process of d sides.

    Attributes:
        baseline: acts per unit of time that nothing excites, shape (d,).
        branching: acts of side i set off by one act of side j, shape (d, d), row i, column j.
        decay: decay rate of the response of side i, per unit of time, shape (d,).
        drivers: acts per unit of time that one unit of each driver adds, shape (d, drivers).
    """

    baseline: Floats
    branching: Floats
    decay: Floats
    drivers: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def levels(self) -> Floats:
        """Baselines and effects of the drivers side by side, shape (d, 1 + drivers)."""
        d = len(self.baseline)
        effects = self.drivers if self.drivers.size else np.zeros((d, 0))
        return np.column_stack([self.baseline, effects]).astype(np.float64)

    @property
    def spectral_radius(self) -> float:
        """Largest absolute eigenvalue of the branching matrix; below one the process is stable."""
        return float(np.abs(np.linalg.eigvals(self.branching)).max())

    @property
    def half_life(self) -> Floats:
        """Time in which the response of each side falls by half."""
        return np.asarray(np.log(2) / self.decay)


@dataclass(frozen=True)
class HawkesFit(Result):
    """Maximum-likelihood fit.

    Attributes:
        parameters: the estimates.
        standard_errors: from the observed information; null where an estimate lies on its bound, or where
            the information is not positive definite.
        log_likelihood: at the maximum.
        n_parameters: number of free parameters.
        n_events: events per side.
        horizon: length of the window.
        aic: Akaike's criterion.
        bic: Schwarz's criterion, with the total number of events as sample size.
        on_limit: names of the parameters that lie on a limit: a branching ratio or driver of zero is an estimate, any
            other limit is only that of the search.
        is_converged: whether the optimiser reached a maximum with no parameter on a limit of the search.
    """

    parameters: HawkesParameters
    standard_errors: HawkesParameters
    log_likelihood: float
    n_parameters: int
    n_events: tuple[int, ...]
    horizon: float
    aic: float
    bic: float
    on_limit: tuple[str, ...]
    is_converged: bool


@dataclass(frozen=True)
class ResidualTest(Result):
    """Kolmogorov-Smirnov test of the time-rescaled gaps of one side against the unit exponential.

    Attributes:
        side: number of the side.
        n: number of gaps.
        statistic: largest distance between the two distribution functions.
        p_value: its p-value, slightly too large because the parameters were estimated from the same events.
    """

    side: int
    n: int
    statistic: float
    p_value: float


@dataclass(frozen=True)
class _Events:
    """Events of all sides in order of time.

    Attributes:
        times: of the events.
        sides: side of each.
        weights: by how much each excites, relative to its side's average.
        drivers: constant and drivers at each event, shape (events, 1 + drivers).
        exposure: integral of each over the window.
        until: integral of each up to each event.
    """

    times: Floats
    sides: NDArray[np.int64]
    weights: Floats
    drivers: Floats
    exposure: Floats
    until: Floats


def _merged(
    events: Sequence[Floats],
    horizon: float,
    marks: Sequence[Floats] | None = None,
    drivers: Mapping[str, Floats] | None = None,
) -> _Events:
    if not (np.isfinite(horizon) and horizon > 0):
        raise ParameterError(f"horizon {horizon}: not positive and finite. Give the length of the window")
    events = [floats(times, f"events of side {side}") for side, times in enumerate(events)]
    for side, times in enumerate(events):
        if len(times) and (np.min(times) < 0 or np.max(times) > horizon or np.any(np.diff(times) < 0)):
            raise ParameterError(
                f"events of side {side}: not in ascending order within 0 to {horizon}. Sort them and measure "
                "them from the start of the window"
            )
    times = np.concatenate(events)
    sides = np.repeat(np.arange(len(events), dtype=np.int64), [len(e) for e in events])
    weights = np.concatenate(_weights(events, marks)) if marks is not None else np.ones(len(times))
    order = np.argsort(times, kind="stable")
    cells = _driver_cells(drivers or {})
    width = horizon / len(cells)
    at = np.minimum((times[order] / width).astype(np.int64), len(cells) - 1)
    before = np.vstack([np.zeros(cells.shape[1]), np.cumsum(cells, axis=0)]) * width
    until = before[at] + cells[at] * (times[order] - at * width)[:, None]
    return _Events(times[order], sides[order], weights[order], cells[at], before[-1], until)


def _weights(events: Sequence[Floats], marks: Sequence[Floats]) -> list[Floats]:
    """Marks over their side's mean."""
    if len(marks) != len(events):
        raise ParameterError(f"marks of {len(marks)} sides for {len(events)}. Give one array for each side")
    weights = []
    for side, (own, times) in enumerate(zip(marks, events, strict=True)):
        values = np.asarray(own, dtype=np.float64)
        if values.shape != np.shape(times) or not (np.isfinite(values) & (values >= 0)).all():
            raise ParameterError(
                f"marks of side {side}: need one finite value of zero or more for each of its "
                f"{len(times)} events"
            )
        if len(values) and values.sum() == 0:
            raise ParameterError(f"marks of side {side}: all are zero, so nothing would excite")
        weights.append(values / values.mean() if len(values) else values)
    return weights


def _driver_cells(drivers: Mapping[str, Floats]) -> Floats:
    """Constant and drivers in cells of equal length, shape (cells, 1 + drivers)."""
    columns = [np.asarray(values, dtype=np.float64) for values in drivers.values()]
    for name, values in zip(drivers, columns, strict=True):
        if values.shape != columns[0].shape or values.ndim != 1 or not len(values):
            raise ParameterError(f"driver {name!r} of shape {values.shape}: all need one value for each cell")
        if not (np.isfinite(values) & (values >= 0)).all():
            raise ParameterError(f"driver {name!r}: has values below zero or not finite. Shift or split it")
    n = len(columns[0]) if columns else 1
    return np.column_stack([np.ones(n), *columns])


def _refuse_ties(times: Floats) -> None:
    n_ties = int((np.diff(times) == 0).sum())
    if n_ties:
        raise ParameterError(
            f"{n_ties} of {len(times)} events have the time of another, which a process in continuous time "
            "gives probability zero. Use fit_daily for events known to the day, or spread_within_day to see "
            "what an invented order within days does"
        )


def log_likelihood(
    parameters: HawkesParameters,
    events: Sequence[Floats],
    horizon: float,
    *,
    marks: Sequence[Floats] | None = None,
    drivers: Mapping[str, Floats] | None = None,
) -> float:
    """Log-likelihood of events on the window [0, horizon].

    Args:
        parameters: of d sides.
        events: d arrays of times in ascending order, in the unit of ``horizon``.
        horizon: length of the window; it is never taken from the last event, which would overstate the rate.
        marks: see :func:`fit_hawkes`.
        drivers: see :func:`fit_hawkes`.

    Raises:
        ParameterError: times out of order or outside the window.
    """
    return log_likelihood_and_gradient(parameters, events, horizon, marks=marks, drivers=drivers)[0]


def log_likelihood_and_gradient(
    parameters: HawkesParameters,
    events: Sequence[Floats],
    horizon: float,
    *,
    marks: Sequence[Floats] | None = None,
    drivers: Mapping[str, Floats] | None = None,
) -> tuple[float, HawkesParameters]:
    """Log-likelihood as in :func:`log_likelihood`, and its derivative by each parameter.

    Returns:
        The value, and the derivatives in the places of their parameters.
    """
    data = _merged(events, horizon, marks, drivers)
    levels = parameters.levels()
    d, p = levels.shape
    n = d * p + d * d + d
    gradient, information = np.empty(n), np.empty((n, n))
    value = fill_log_likelihood(
        data.times,
        data.sides,
        data.weights,
        data.drivers,
        data.exposure,
        float(horizon),
        levels,
        np.asarray(parameters.branching, dtype=np.float64),
        np.asarray(parameters.decay, dtype=np.float64),
        np.arange(d),
        gradient,
        information,
    )
    return value, _placed(gradient, d, p)


def _placed(values: Floats, d: int, p: int) -> HawkesParameters:
    """A vector in the order of the kernel as parameters, the decays as they are."""
    levels = values[: d * p].reshape(d, p)
    return HawkesParameters(
        levels[:, 0].copy(),
        values[d * p : d * p + d * d].reshape(d, d),
        values[d * p + d * d :],
        levels[:, 1:].copy(),
    )


def fit_hawkes(
    events: Sequence[Floats],
    horizon: float,
    *,
    marks: Sequence[Floats] | None = None,
    drivers: Mapping[str, Floats] | None = None,
    decay: float | Sequence[float] | None = None,
    decay_sharing: Literal["common", "receiver"] = "common",
    min_events: int = 10,
) -> HawkesFit:
    """Fit by maximum likelihood (Ozaki 1979), by damped Newton steps from the best of a grid of decays.

    Args:
        events: one array of ascending times for each side; one side alone excites itself.
        horizon: length of the window.
        marks: for each side one value of zero or more for each event, for instance the number of people an act
            concerns. An event excites in proportion to its mark over the mean of its side's marks, so the
            branching ratio is that of an average event.
        drivers: values of zero or more, by name, in cells of equal length that span the window. Each adds to every
            side's rate in proportion; one that should lower it is given as its distance from its greatest value.
        decay: rate of decay, one for all sides or one per receiving side; None estimates it.
        decay_sharing: whether an estimated decay is one for all sides, or one for each receiving side.
        min_events: fewest events a side may have.

    Returns:
        The fit. Branching ratios and effects of drivers are at least zero and may be exactly zero.

    Raises:
        NotEstimable: a side never acts, or has fewer than ``min_events`` events.
        ParameterError: two events have the same time, events are out of order or outside the window, marks or
            drivers do not match them, or a decay is not positive.
    """
    data = _merged(events, horizon, marks, drivers)
    d, p = len(events), data.drivers.shape[1]
    for side, own in enumerate(events):
        if len(own) < min_events:
            raise NotEstimable(
                f"Side {side} has {len(own)} events in the window; at least {min_events} are needed to "
                "estimate who excites whom."
            )
    _refuse_ties(data.times)
    is_free = decay is None
    group, fixed = _decays(decay, decay_sharing, d)
    first_link, n_groups = d * p, int(group.max()) + 1
    n_linear = first_link + d * d
    evaluate = _likelihood_of(data, horizon, d, group, fixed)
    first, lower, upper = _start_and_limits(events, data, horizon)
    longest = np.full(n_linear, np.inf)
    if is_free:
        # the likelihood may have several maxima in the decay: start from the best of a grid
        grid = np.log(len(data.times) / horizon) + np.arange(-6.0, 4.1, 1.5)
        start = max(grid, key=lambda v: evaluate(np.append(first, np.full(n_groups, v)))[0])
        first = np.append(first, np.full(n_groups, start))
        lower = np.append(lower, np.full(n_groups, grid[0] - 4))
        upper = np.append(upper, np.full(n_groups, grid[-1] + 4))
        longest = np.append(longest, np.ones(n_groups))
    found = maximise(evaluate, first, lower, upper, longest_step=longest, tolerance=1e-7)
    x, k = found.x, len(found.x)
    estimate, error = x.copy(), _standard_errors(evaluate, x, lower, upper, n_linear)
    estimate[n_linear:] = np.exp(x[n_linear:])
    error[n_linear:] *= estimate[n_linear:]
    decays, decay_errors = (
        (estimate[n_linear:], error[n_linear:]) if fixed is None else (fixed, np.full(d, np.nan))
    )
    on_limit, is_search_limit = _on_limit(
        x, lower, upper, _names(d, [*(drivers or {})], n_groups), first_link
    )
    return HawkesFit(
        _placed(np.concatenate([estimate[:n_linear], decays[group]]), d, p),
        _placed(np.concatenate([error[:n_linear], decay_errors[group]]), d, p),
        found.value,
        k,
        tuple(len(own) for own in events),
        float(horizon),
        aic=2 * k - 2 * found.value,
        bic=k * float(np.log(len(data.times))) - 2 * found.value,
        on_limit=on_limit,
        is_converged=found.is_converged and not is_search_limit,
    )


def _decays(
    decay: float | Sequence[float] | None, sharing: Literal["common", "receiver"], d: int
) -> tuple[NDArray[np.int64], Floats | None]:
    """The decay that each receiving side has, by number, and the decays where they are given."""
    if decay is None:
        return np.zeros(d, dtype=np.int64) if sharing == "common" else np.arange(d), None
    fixed = np.broadcast_to(np.asarray(decay, dtype=np.float64), (d,)).copy()
    if np.any(fixed <= 0):
        raise ParameterError(f"decay {decay}: not positive. Give a rate above zero, or None to estimate it")
    return np.arange(d), fixed


def _likelihood_of(
    data: _Events, horizon: float, d: int, group: NDArray[np.int64], fixed: Floats | None
) -> Evaluate:
    """Log-likelihood, gradient and information over levels, branching ratios, and logarithms of free decays."""
    p, n_groups = data.drivers.shape[1], int(group.max()) + 1
    first_link = d * p
    n_linear = first_link + d * d
    gradient = np.empty(n_linear + n_groups)
    information = np.empty((n_linear + n_groups,) * 2)

    def evaluate(x: Floats) -> tuple[float, Floats, Floats]:
        rates = np.exp(x[n_linear:]) if fixed is None else fixed
        value = fill_log_likelihood(
            data.times,
            data.sides,
            data.weights,
            data.drivers,
            data.exposure,
            float(horizon),
            np.ascontiguousarray(x[:first_link].reshape(d, p)),
            x[first_link:n_linear].reshape(d, d),
            rates,
            group,
            gradient,
            information,
        )
        if fixed is not None:
            return value, gradient[:n_linear].copy(), information[:n_linear, :n_linear].copy()
        chain = np.concatenate([np.ones(n_linear), rates])
        return value, gradient * chain, information * np.outer(chain, chain)

    return evaluate


def _start_and_limits(
    events: Sequence[Floats], data: _Events, horizon: float
) -> tuple[Floats, Floats, Floats]:
    """Start, least and greatest value of levels and branching ratios."""
    d, p = len(events), data.drivers.shape[1]
    rate = np.array([len(own) / horizon for own in events])
    mean = data.exposure / horizon
    # the constant and the drivers share six tenths of the events at the start
    shares = np.full(p, 0.6 if p == 1 else 0.3)
    shares[1:] = 0.3 / max(p - 1, 1) / np.where(mean[1:] > 0, mean[1:], 1.0)
    first = np.concatenate([np.outer(rate, shares).ravel(), np.full(d * d, 0.4 / d)])
    least = np.zeros((d, p))
    least[:, 0] = 1e-8 * rate
    greatest = np.full((d, p), np.inf)
    greatest[:, mean == 0] = 0.0  # a driver that is never there has no effect that could be estimated
    lower = np.concatenate([least.ravel(), np.zeros(d * d)])
    upper = np.concatenate([greatest.ravel(), np.full(d * d, _BRANCHING_LIMIT)])
    return np.clip(first, lower, upper), lower, upper


def _names(d: int, drivers: Sequence[str], n_groups: int) -> list[str]:
    names = [f"{what} {i}" for i in range(d) for what in ("baseline", *drivers)]
    names += [f"branching {j}->{i}" for i in range(d) for j in range(d)]
    return names + (["decay"] if n_groups == 1 else [f"decay {i}" for i in range(n_groups)])


def _on_limit(
    x: Floats, lower: Floats, upper: Floats, names: Sequence[str], first_link: int
) -> tuple[tuple[str, ...], bool]:
    """Names of the parameters on a limit, and whether one of these limits is only that of the search."""
    low, high = x <= lower * (1 + 1e-6) + 1e-12, x >= upper - 1e-9
    free = upper > lower
    at = np.flatnonzero((low | high) & free)
    is_zero = low & (lower == 0)
    return tuple(names[int(k)] for k in at), bool((~is_zero[at]).any())


def _standard_errors(evaluate: Evaluate, x: Floats, lower: Floats, upper: Floats, n_linear: int) -> Floats:
    """Square roots of the inverse observed information over the parameters inside their limits."""
    _, _, observed = evaluate(x)
    for k in range(n_linear, len(x)):  # the information is exact but for the decays
        up, down = x.copy(), x.copy()
        up[k] += 1e-5
        down[k] -= 1e-5
        observed[k] = observed[:, k] = (evaluate(down)[1] - evaluate(up)[1]) / 2e-5
    index = np.flatnonzero((x > lower + 1e-7) & (x < upper - 1e-7))
    observed = observed[np.ix_(index, index)]
    errors = np.full(len(x), np.nan)
    if len(index) and np.linalg.eigvalsh(observed).min() > 0:
        errors[index] = np.sqrt(np.diag(np.linalg.inv(observed)))
    return errors


def simulate_hawkes(parameters: HawkesParameters, horizon: float, rng: np.random.Generator) -> list[Floats]:
    """Events of a process that starts empty (Hawkes & Oakes 1974, J. Appl. Prob. 11), by generations.

    Args:
        parameters: of a stable process.
        horizon: length of the window.
        rng: source of randomness.

    Returns:
        One ascending array of times per side.

    Raises:
        ParameterError: the branching matrix has a spectral radius of one or more.
    """
    if parameters.spectral_radius >= 1:
        raise ParameterError(
            f"branching matrix with spectral radius {parameters.spectral_radius:.3f}: every act would set "
            "off ever more. Use a matrix with a radius below one"
        )
    d = len(parameters.baseline)
    generation = [rng.uniform(0, horizon, rng.poisson(parameters.baseline[i] * horizon)) for i in range(d)]
    events = [[times] for times in generation]
    while any(len(times) for times in generation):
        following: list[list[Floats]] = [[] for _ in range(d)]
        for j in range(d):
            for i in range(d):
                parents = np.repeat(
                    generation[j], rng.poisson(parameters.branching[i, j], len(generation[j]))
                )
                children = parents + rng.exponential(1 / parameters.decay[i], len(parents))
                following[i].append(children[children <= horizon])
        generation = [np.concatenate(times) for times in following]
        for i in range(d):
            events[i].append(generation[i])
    return [np.sort(np.concatenate(times)) for times in events]


def compensator_at_events(
    parameters: HawkesParameters,
    events: Sequence[Floats],
    horizon: float,
    *,
    marks: Sequence[Floats] | None = None,
    drivers: Mapping[str, Floats] | None = None,
) -> list[Floats]:
    """Expected number of acts of each side from the start of the window to each of its own events.

    Returns:
        One array per side, of the length of its events.
    """
    data = _merged(events, horizon, marks, drivers)
    values = compensator(
        data.times,
        data.sides,
        data.weights,
        data.until,
        parameters.levels(),
        np.asarray(parameters.branching, dtype=np.float64),
        np.asarray(parameters.decay, dtype=np.float64),
    )
    return [values[data.sides == side] for side in range(len(events))]


def time_rescaling_tests(
    parameters: HawkesParameters,
    events: Sequence[Floats],
    horizon: float,
    *,
    marks: Sequence[Floats] | None = None,
    drivers: Mapping[str, Floats] | None = None,
) -> tuple[ResidualTest, ...]:
    """Time-rescaling test of goodness of fit, side by side (Ogata 1988, JASA 83).

    Under the model the gaps between successive values of the compensator are independent unit exponentials.
    Arguments as of :func:`fit_hawkes`.

    Raises:
        NotEstimable: a side has no event.
    """
    tests = []
    for side, values in enumerate(
        compensator_at_events(parameters, events, horizon, marks=marks, drivers=drivers)
    ):
        if not len(values):
            raise NotEstimable(f"Side {side} has no event in the window, so its residuals cannot be tested.")
        result = stats.kstest(np.diff(values, prepend=0.0), "expon")
        tests.append(ResidualTest(side, len(values), float(result.statistic), float(result.pvalue)))
    return tuple(tests)


def spread_within_day(counts: NDArray[np.float64], rng: np.random.Generator) -> list[Floats]:
    """Times for acts of which only the day is known, uniform over their day.

    Args:
        counts: acts per day and side, shape (days, d).
        rng: source of randomness; repeat with others to see what depends on it.

    Returns:
        One ascending array of times in days per side.

    Raises:
        ParameterError: a count is no whole number of 0 or more.
    """
    events = []
    for own in floats(counts, "counts", least=0, whole=True).T:
        days = np.repeat(np.arange(len(own)), own.astype(np.int64))
        events.append(np.sort(days + rng.uniform(size=len(days))))
    return events
