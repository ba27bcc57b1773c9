r"""Mutually exciting point processes in continuous time, for events whose times do not tie.

Intensity of side :math:`i` (Hawkes 1971, Biometrika 58):

.. math:: \lambda_i(t) = \mu_i + \sum_j A_{ij} \sum_{t_k^j < t} \beta_i e^{-\beta_i (t - t_k^j)}

so that :math:`A_{ij}` is the expected number of acts of side *i* that one act of side *j* sets off directly
(the branching matrix), and :math:`\ln 2 / \beta_i` the half-life of the response. The log-likelihood is
evaluated in one pass (Ozaki 1979, Annals of the Institute of Statistical Mathematics 31), hence in time
linear in the number of events.

Events of the same instant do not excite each other. Many ties still bias the fit, because the model gives
them probability zero; dates known to the day belong in :mod:`retorsion.estimators.daily_hawkes`. Here they
can be spread over their day (:func:`spread_within_day`) to see whether a result depends on that choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.compiled import compiled
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


@dataclass(frozen=True)
class HawkesParameters(Result):
    """Parameters of a mutually exciting process of d sides.

    Attributes:
        baseline: acts per unit of time that nothing excites, shape (d,).
        branching: acts of side i set off by one act of side j, shape (d, d), row i, column j.
        decay: decay rate of the response of side i, per unit of time, shape (d,).
    """

    baseline: Floats
    branching: Floats
    decay: Floats

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
        is_converged: whether the optimiser reached a maximum.
    """

    parameters: HawkesParameters
    standard_errors: HawkesParameters
    log_likelihood: float
    n_parameters: int
    n_events: tuple[int, ...]
    horizon: float
    aic: float
    bic: float
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


def _merged(events: Sequence[Floats], horizon: float) -> tuple[Floats, NDArray[np.int64]]:
    """Times of all sides in order, and the side of each."""
    if not horizon > 0:
        raise ParameterError(f"horizon {horizon}: not positive. Give the length of the window")
    for side, times in enumerate(events):
        if len(times) and (
            not np.isfinite(times).all()
            or np.min(times) < 0
            or np.max(times) > horizon
            or np.any(np.diff(times) < 0)
        ):
            raise ParameterError(
                f"events of side {side}: not in ascending order within 0 to {horizon}. Sort them and measure "
                "them from the start of the window"
            )
    times = np.concatenate([np.asarray(e, dtype=np.float64) for e in events])
    sides = np.repeat(np.arange(len(events), dtype=np.int64), [len(e) for e in events])
    order = np.argsort(times, kind="stable")
    return times[order], sides[order]


@compiled
def _log_likelihood(
    times: Floats,
    sides: NDArray[np.int64],
    horizon: float,
    baseline: Floats,
    branching: Floats,
    decay: Floats,
    group: NDArray[np.int64],
    gradient: Floats,
    information: Floats,
) -> float:
    """Log-likelihood; fills gradient and information, in the order baseline, branching by rows, decay.

    ``decay`` has one entry per group of receiving sides. The information is the sum of outer products at
    the events, which for baseline and branching is exactly minus the second derivative.
    """
    d, g = len(baseline), len(decay)
    # excited[h, j]: sum of exp(-decay_h (t - t_k)) over the events of side j before t; aged: times (t - t_k)
    excited = np.zeros((g, d))
    aged = np.zeros((g, d))
    pending = np.zeros(d)  # events at the present instant, which do not excite one another
    n_events = np.zeros(d)
    derivative = np.zeros(d + 2)
    place = np.zeros(d + 2, dtype=np.int64)
    gradient[:] = 0.0
    information[:] = 0.0
    total = 0.0
    now = 0.0
    for k in range(len(times)):
        gap = times[k] - now
        if gap > 0.0:
            for h in range(g):
                fade = np.exp(-decay[h] * gap)
                for j in range(d):
                    present = excited[h, j] + pending[j]
                    aged[h, j] = fade * (aged[h, j] + gap * present)
                    excited[h, j] = fade * present
            pending[:] = 0.0
            now = times[k]
        i = sides[k]
        h = group[i]
        rate = baseline[i]
        slope = 0.0
        derivative[0] = 1.0
        place[0] = i
        for j in range(d):
            rate += branching[i, j] * decay[h] * excited[h, j]
            slope += branching[i, j] * (excited[h, j] - decay[h] * aged[h, j])
            derivative[1 + j] = decay[h] * excited[h, j]
            place[1 + j] = d + i * d + j
        derivative[1 + d] = slope
        place[1 + d] = d + d * d + h
        total += np.log(rate)
        for a in range(d + 2):
            weight = derivative[a] / rate
            gradient[place[a]] += weight
            for b in range(a + 1):
                information[place[a], place[b]] += weight * derivative[b] / rate
        pending[i] += 1.0
        n_events[i] += 1.0
    # what is left at the end of the window gives the compensator without another pass
    gap = horizon - now
    for h in range(g):
        fade = np.exp(-decay[h] * gap)
        for j in range(d):
            present = excited[h, j] + pending[j]
            aged[h, j] = fade * (aged[h, j] + gap * present)
            excited[h, j] = fade * present
    for i in range(d):
        h = group[i]
        total -= baseline[i] * horizon
        gradient[i] -= horizon
        for j in range(d):
            total -= branching[i, j] * (n_events[j] - excited[h, j])
            gradient[d + i * d + j] -= n_events[j] - excited[h, j]
            gradient[d + d * d + h] -= branching[i, j] * aged[h, j]
    for a in range(len(gradient)):
        for b in range(a):
            information[b, a] = information[a, b]
    return total


@compiled
def _compensator(
    times: Floats,
    sides: NDArray[np.int64],
    baseline: Floats,
    branching: Floats,
    decay: Floats,
) -> Floats:
    """Integrated intensity of each event's own side from 0 to the event."""
    d = len(baseline)
    excited = np.zeros((d, d))
    pending = np.zeros(d)
    n_events = np.zeros(d)
    out = np.empty(len(times))
    now = 0.0
    for k in range(len(times)):
        gap = times[k] - now
        if gap > 0.0:
            for i in range(d):
                fade = np.exp(-decay[i] * gap)
                for j in range(d):
                    excited[i, j] = fade * (excited[i, j] + pending[j])
            for j in range(d):
                n_events[j] += pending[j]
            pending[:] = 0.0
            now = times[k]
        i = sides[k]
        out[k] = baseline[i] * times[k]
        for j in range(d):
            out[k] += branching[i, j] * (n_events[j] - excited[i, j])
        pending[i] += 1.0
    return out


def log_likelihood(parameters: HawkesParameters, events: Sequence[Floats], horizon: float) -> float:
    """Log-likelihood of events on the window [0, horizon].

    Args:
        parameters: of d sides.
        events: d arrays of times in ascending order, in the unit of ``horizon``.
        horizon: length of the window; it is never taken from the last event, which would overstate the rate.

    Raises:
        ParameterError: times out of order or outside the window.
    """
    return log_likelihood_and_gradient(parameters, events, horizon)[0]


def log_likelihood_and_gradient(
    parameters: HawkesParameters, events: Sequence[Floats], horizon: float
) -> tuple[float, HawkesParameters]:
    """Log-likelihood as in :func:`log_likelihood`, and its derivative by each parameter.

    Returns:
        The value, and the derivatives in the places of their parameters.
    """
    times, sides = _merged(events, horizon)
    d = len(parameters.baseline)
    gradient, information = np.empty(2 * d + d * d), np.empty((2 * d + d * d,) * 2)
    value = _log_likelihood(
        times,
        sides,
        float(horizon),
        np.asarray(parameters.baseline, dtype=np.float64),
        np.asarray(parameters.branching, dtype=np.float64),
        np.asarray(parameters.decay, dtype=np.float64),
        np.arange(d),
        gradient,
        information,
    )
    return value, HawkesParameters(gradient[:d], gradient[d : d + d * d].reshape(d, d), gradient[d + d * d :])


def fit_hawkes(
    events: Sequence[Floats],
    horizon: float,
    *,
    decay: float | Sequence[float] | None = None,
    decay_sharing: Literal["common", "receiver"] = "common",
    min_events: int = 10,
) -> HawkesFit:
    """Fit by maximum likelihood (Ozaki 1979), by damped Newton steps from the best of a grid of decays.

    Args:
        events: d arrays of times in ascending order.
        horizon: length of the window.
        decay: rate of decay, one for all sides or one per receiving side; None estimates it.
        decay_sharing: whether an estimated decay is one for all sides, or one for each receiving side.
        min_events: fewest events a side may have.

    Returns:
        The fit. Branching ratios are at least zero and may be exactly zero.

    Raises:
        NotEstimable: a side never acts, or has fewer than ``min_events`` events.
        ParameterError: events out of order or outside the window, or a decay that is not positive.
    """
    times, sides = _merged(events, horizon)
    d = len(events)
    for side, own in enumerate(events):
        if len(own) < min_events:
            raise NotEstimable(
                f"Side {side} has {len(own)} events in the window; at least {min_events} are needed to "
                "estimate who excites whom."
            )
    is_free = decay is None
    if is_free:
        group = np.zeros(d, dtype=np.int64) if decay_sharing == "common" else np.arange(d)
        fixed = np.empty(0)
    else:
        group = np.arange(d)
        fixed = np.broadcast_to(np.asarray(decay, dtype=np.float64), (d,)).copy()
        if np.any(fixed <= 0):
            raise ParameterError(
                f"decay {decay}: not positive. Give a rate above zero, or None to estimate it"
            )
    n_linear, n_groups = d + d * d, int(group.max()) + 1
    gradient = np.empty(n_linear + n_groups)
    information = np.empty((n_linear + n_groups,) * 2)

    def evaluate(x: Floats) -> tuple[float, Floats, Floats]:
        """Over baselines, branching ratios, and the logarithms of free decays."""
        rates = np.exp(x[n_linear:]) if is_free else fixed
        value = _log_likelihood(
            times,
            sides,
            float(horizon),
            x[:d],
            x[d:n_linear].reshape(d, d),
            rates,
            group,
            gradient,
            information,
        )
        if not is_free:
            return value, gradient[:n_linear].copy(), information[:n_linear, :n_linear].copy()
        chain = np.concatenate([np.ones(n_linear), rates])
        return value, gradient * chain, information * np.outer(chain, chain)

    rate = np.array([len(own) / horizon for own in events])
    first = np.concatenate([0.6 * rate, np.full(d * d, 0.4 / d)])
    lower = np.concatenate([1e-8 * rate, np.zeros(d * d)])
    upper = np.concatenate([np.full(d, np.inf), np.full(d * d, 50.0)])
    longest = np.full(n_linear, np.inf)
    if is_free:
        # the likelihood may have several maxima in the decay: start from the best of a grid
        grid = np.log(len(times) / horizon) + np.arange(-6.0, 4.1, 1.5)
        start = max(grid, key=lambda v: evaluate(np.append(first, np.full(n_groups, v)))[0])
        first = np.append(first, np.full(n_groups, start))
        lower = np.append(lower, np.full(n_groups, grid[0] - 4))
        upper = np.append(upper, np.full(n_groups, grid[-1] + 4))
        longest = np.append(longest, np.ones(n_groups))
    found = maximise(evaluate, first, lower, upper, longest_step=longest, tolerance=1e-7)
    x, k = found.x, len(found.x)
    errors = _standard_errors(evaluate, x, lower, n_linear)
    return HawkesFit(
        HawkesParameters(
            x[:d], x[d:n_linear].reshape(d, d), np.exp(x[n_linear:])[group] if is_free else fixed
        ),
        HawkesParameters(
            errors[:d],
            errors[d:n_linear].reshape(d, d),
            (errors[n_linear:] * np.exp(x[n_linear:]))[group] if is_free else np.full(d, np.nan),
        ),
        found.value,
        k,
        tuple(len(own) for own in events),
        float(horizon),
        aic=2 * k - 2 * found.value,
        bic=k * float(np.log(len(times))) - 2 * found.value,
        is_converged=found.is_converged,
    )


def _standard_errors(evaluate: Evaluate, x: Floats, lower: Floats, n_linear: int) -> Floats:
    """Square roots of the inverse observed information over the parameters inside their limits."""
    _, _, observed = evaluate(x)
    for k in range(n_linear, len(x)):  # the information is exact but for the decays
        up, down = x.copy(), x.copy()
        up[k] += 1e-5
        down[k] -= 1e-5
        observed[k] = observed[:, k] = (evaluate(down)[1] - evaluate(up)[1]) / 2e-5
    index = np.flatnonzero(x > lower + 1e-7)
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
    parameters: HawkesParameters, events: Sequence[Floats], horizon: float
) -> list[Floats]:
    """Expected number of acts of each side from the start of the window to each of its own events.

    Returns:
        One array per side, of the length of its events.
    """
    times, sides = _merged(events, horizon)
    values = _compensator(times, sides, parameters.baseline, parameters.branching, parameters.decay)
    return [values[sides == side] for side in range(len(events))]


def time_rescaling_tests(
    parameters: HawkesParameters, events: Sequence[Floats], horizon: float
) -> tuple[ResidualTest, ...]:
    """Time-rescaling test of goodness of fit, side by side (Ogata 1988, JASA 83).

    Under the model the gaps between successive values of the compensator are independent unit exponentials.

    Raises:
        NotEstimable: a side has no event.
    """
    tests = []
    for side, values in enumerate(compensator_at_events(parameters, events, horizon)):
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
    """
    events = []
    for own in np.asarray(counts).T:
        days = np.repeat(np.arange(len(own)), own.astype(np.int64))
        events.append(np.sort(days + rng.uniform(size=len(days))))
    return events
