"""Loops of the daily model of mutual excitation that numpy cannot express, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retorsion.estimators.compiled import compiled

__all__ = ["evaluated", "excited_counts", "simulate"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
#: Laws of a day's count.
POISSON, NEGATIVE_BINOMIAL, BERNOULLI = 0, 1, 2


@compiled
def _product(a: Floats, b: Floats) -> float:
    """Sum of products in four parts, which a processor adds at the same time and every processor alike."""
    n = len(a)
    first = second = third = fourth = 0.0
    whole = n - n % 4
    for t in range(0, whole, 4):
        first += a[t] * b[t]
        second += a[t + 1] * b[t + 1]
        third += a[t + 2] * b[t + 2]
        fourth += a[t + 3] * b[t + 3]
    for t in range(whole, n):
        first += a[t] * b[t]
    return (first + second) + (third + fourth)


@compiled
def _fill_excited(acts: Floats, decay: float, excited: Floats, slope: Floats, bend: Floats) -> None:
    """What earlier acts weigh on each day, with its first and second derivative by the decay."""
    at = slope_at = bend_at = 0.0
    for t in range(len(acts)):
        excited[t], slope[t], bend[t] = at, slope_at, bend_at
        bend_at = 2.0 * slope_at + decay * bend_at
        slope_at = at + decay * slope_at - acts[t]
        at = decay * at + (1.0 - decay) * acts[t]
        if at < 1e-15:  # long faded: numbers too small to be kept would slow the loop
            at = slope_at = bend_at = 0.0


@compiled
def _poisson(total: float, acts: Floats, mean: Floats, weight: Floats, curvature: Floats) -> float:
    """Log-probability added up day by day; first and minus second derivative of each day's by its mean."""
    for t in range(len(acts)):
        y = acts[t]
        total -= mean[t]
        weight[t] = -1.0
        curvature[t] = 0.0
        if y > 0:
            total += y * np.log(mean[t])
            weight[t] += y / mean[t]
            curvature[t] = y / mean[t] ** 2
    return total


@compiled
def _bernoulli(total: float, acts: Floats, mean: Floats, weight: Floats, curvature: Floats) -> float:
    """The same where a day's count is whether anything happened."""
    for t in range(len(acts)):
        if acts[t] > 0:
            total += np.log(-np.expm1(-mean[t]))
            w = 1.0 / np.expm1(mean[t])
            weight[t], curvature[t] = w, w * (1.0 + w)
        else:
            total -= mean[t]
            weight[t], curvature[t] = -1.0, 0.0
    return total


@compiled
def _negative_binomial(
    total: float, acts: Floats, mean: Floats, phi: float, weight: Floats, curvature: Floats, mixed: Floats
) -> tuple[float, float, float]:
    """The same, with the first and minus second derivative by the logarithm of the dispersion ``phi``.

    ``mixed`` is the derivative of each day's ``weight`` by that logarithm, with its sign turned.
    """
    first = second = 0.0
    for t in range(len(acts)):
        y = acts[t]
        spread = 1.0 / (1.0 + phi * mean[t])
        more = np.log1p(phi * mean[t])
        size = y + 1.0 / phi
        total -= size * more
        w = -(1.0 + phi * y) * spread
        c = w * phi * spread
        by_phi = more / phi**2 - size * mean[t] * spread
        by_phi_twice = 2.0 * mean[t] * spread / phi**2 - 2.0 * more / phi**3 + size * (mean[t] * spread) ** 2
        if y > 0:
            total += y * np.log(mean[t])
            w += y / mean[t]
            c += y / mean[t] ** 2
            for k in range(1, int(y)):
                total += np.log1p(phi * k)
                by_phi += k / (1.0 + phi * k)
                by_phi_twice -= (k / (1.0 + phi * k)) ** 2
        first += by_phi * phi
        second -= by_phi_twice * phi**2 + by_phi * phi
        weight[t], curvature[t] = w, c
        mixed[t] = (y - mean[t]) * spread**2 * phi
    return total, first, second


@compiled
def _log_likelihood(
    counts: Floats,
    design: Floats,
    receivers: Places,
    family: int,
    effects: Floats,
    is_linked: NDArray[np.bool_],
    branching: Floats,
    decay: Floats,
    decay_slope: Floats,
    decay_bend: Floats,
    dispersion: Floats,
    gradient: Floats,
    information: Floats,
) -> float:
    """Log-likelihood of the receivers' counts without the factorial; fills gradient and information.

    ``counts`` has a row for each side and ``design`` one for each covariate. ``gradient`` has one row per side and
    ``information`` one matrix, in the order effects, branching, logarithm of the half-life of each link
    (``decay_slope`` and ``decay_bend`` are the first and second derivative of the decay by it), logarithm of the
    dispersion. Those of links that are not free are zero. The information is the observed one, minus the second
    derivative; it need not be positive definite far from a maximum.
    """
    d, n_days = counts.shape
    p = len(design)
    n_mean = p + 2 * d
    gradient[:] = 0.0
    information[:] = 0.0
    total = 0.0
    # by day: derivatives of the mean; first and minus second derivative of the log-probability by the mean
    derivative, bend = np.zeros((n_mean, n_days)), np.empty((d, n_days))
    weight, curvature, mixed = np.empty(n_days), np.empty(n_days), np.empty(n_days)
    for i in receivers:
        level = np.zeros(n_days)
        for m in range(p):
            level += effects[i, m] * design[m]
        level = np.exp(level)
        mean = level.copy()
        for m in range(p):
            derivative[m] = level * design[m]
        for j in range(d):
            if is_linked[i, j]:
                _fill_excited(counts[j], decay[i, j], derivative[p + j], derivative[p + d + j], bend[j])
                mean += branching[i, j] * derivative[p + j]
            else:
                derivative[p + j], derivative[p + d + j] = 0.0, 0.0
        mean = np.maximum(mean, 1e-12)
        if family == POISSON:
            total = _poisson(total, counts[i], mean, weight, curvature)
        elif family == NEGATIVE_BINOMIAL:
            total, gradient[i, n_mean], information[i, n_mean, n_mean] = _negative_binomial(
                total, counts[i], mean, dispersion[i], weight, curvature, mixed
            )
        else:
            total = _bernoulli(total, counts[i], mean, weight, curvature)
        for j in range(d):
            if is_linked[i, j]:
                slope, by_decay, by_decay_twice = derivative[p + d + j], 0.0, 0.0
                for t in range(n_days):
                    turned = slope[t] * decay_slope[i, j]
                    by_decay += weight[t] * turned
                    by_decay_twice += weight[t] * (
                        bend[j, t] * decay_slope[i, j] ** 2 + slope[t] * decay_bend[i, j]
                    )
                    slope[t] = branching[i, j] * turned
                information[i, p + d + j, p + j] -= by_decay
                information[i, p + d + j, p + d + j] -= branching[i, j] * by_decay_twice
        _add_products(derivative, design, level, weight, curvature, gradient[i], information[i])
        if family == NEGATIVE_BINOMIAL:
            for a in range(n_mean):
                information[i, n_mean, a] = _product(derivative[a], mixed)
        for a in range(n_mean + 1):
            for b in range(a):
                information[i, b, a] = information[i, a, b]
    return total


@compiled
def _add_products(
    derivative: Floats,
    design: Floats,
    level: Floats,
    weight: Floats,
    curvature: Floats,
    gradient: Floats,
    information: Floats,
) -> None:
    """Gradient by the parameters of the mean, and what its derivatives add to the information."""
    for a in range(len(derivative)):
        gradient[a] = _product(derivative[a], weight)
        curved = derivative[a] * curvature
        for b in range(a + 1):
            information[a, b] += _product(curved, derivative[b])
    of_level = weight * level
    for m in range(len(design)):
        levelled = design[m] * of_level
        for q in range(m + 1):
            information[m, q] -= _product(levelled, design[q])


@compiled
def excited_counts(counts: Floats, decay: Floats) -> Floats:
    """What earlier acts of each source weigh on each day for each receiver, shape (days, d, d)."""
    n_days, d = counts.shape
    out = np.zeros((n_days, d, d))
    for t in range(1, n_days):
        for i in range(d):
            for j in range(d):
                out[t, i, j] = decay[i, j] * out[t - 1, i, j] + (1.0 - decay[i, j]) * counts[t - 1, j]
    return out


@compiled
def simulate(
    levels: Floats,
    branching: Floats,
    decay: Floats,
    dispersion: Floats,
    family: int,
    limit: float,
    rng: np.random.Generator,
) -> Floats:
    """Counts day by day; stops where a day's mean passes ``limit``, with a count of -1."""
    n_days, d = levels.shape
    counts = np.zeros((n_days, d))
    excited = np.zeros((d, d))
    for t in range(n_days):
        for i in range(d):
            mean = levels[t, i]
            for j in range(d):
                mean += branching[i, j] * excited[i, j]
            if mean > limit:
                counts[t, i] = -1.0
                return counts
            if family == 0:
                counts[t, i] = rng.poisson(mean)
            elif family == 1:
                counts[t, i] = rng.poisson(mean * dispersion[i] * rng.standard_gamma(1.0 / dispersion[i]))
            else:
                counts[t, i] = 1.0 if rng.random() < -np.expm1(-mean) else 0.0
        for i in range(d):
            for j in range(d):
                excited[i, j] = decay[i, j] * excited[i, j] + (1.0 - decay[i, j]) * counts[t, j]
    return counts


@compiled
def _collected_information(collects: Floats, information: Floats) -> Floats:
    """Information of the parameters from that of each side's derivatives; sides are independent."""
    n, d, width = len(collects), information.shape[0], information.shape[1]
    out = np.zeros((n, n))
    for i in range(d):
        for a in range(width):
            for b in range(width):
                if information[i, a, b] != 0.0:
                    for row in range(n):
                        if collects[row, i * width + a] != 0.0:
                            for column in range(n):
                                out[row, column] += information[i, a, b] * (
                                    collects[row, i * width + a] * collects[column, i * width + b]
                                )
    return out


@compiled
def evaluated(
    x: Floats,
    counts: Floats,
    design: Floats,
    receivers: Places,
    family: int,
    effects_at: Places,
    links_at: Places,
    group_of: Places,
    half_life_days: float,
    dispersed: Places,
    collects: Floats,
) -> tuple[float, Floats, Floats]:
    """Log-likelihood without the factorial, gradient and observed information of a vector.

    The vector is that of ``Problem``; ``counts`` has a row for each side and ``design`` one for each covariate.
    ``group_of`` has the number of each link's half-life in the vector, -1 where it is ``half_life_days``.
    """
    d, p = len(counts), len(design)
    effects, branching, dispersion = np.zeros((d, p)), np.zeros((d, d)), np.zeros(d)
    is_linked = np.zeros((d, d), dtype=np.bool_)
    place = 0
    for k in range(len(effects_at)):
        effects[effects_at[k, 0], effects_at[k, 1]] = x[place]
        place += 1
    for k in range(len(links_at)):
        branching[links_at[k, 0], links_at[k, 1]] = x[place]
        is_linked[links_at[k, 0], links_at[k, 1]] = True
        place += 1
    for k in range(len(dispersed)):
        dispersion[dispersed[k]] = np.exp(x[len(x) - len(dispersed) + k])
    decay, slope, bend = np.empty((d, d)), np.empty((d, d)), np.empty((d, d))
    for i in range(d):
        for j in range(d):
            days = half_life_days if group_of[i, j] < 0 else np.exp(x[place + group_of[i, j]])
            rate = np.log(2.0) / days
            decay[i, j] = 0.5 ** (1.0 / days)
            slope[i, j] = decay[i, j] * rate
            bend[i, j] = slope[i, j] * (rate - 1.0)
    width = p + 2 * d + 1
    own, information = np.empty((d, width)), np.empty((d, width, width))
    value = _log_likelihood(
        counts,
        design,
        receivers,
        family,
        effects,
        is_linked,
        branching,
        decay,
        slope,
        bend,
        dispersion,
        own,
        information,
    )
    gradient = np.zeros(len(x))
    for row in range(len(x)):
        for i in range(d):
            for a in range(width):
                if collects[row, i * width + a] != 0.0:
                    gradient[row] += collects[row, i * width + a] * own[i, a]
    return value, gradient, _collected_information(collects, information)
