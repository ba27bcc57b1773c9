"""Loops of the likelihood of a Hawkes process with exponential decay, compiled to machine code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from retorsion.estimators.compiled import compiled

__all__ = ["compensator", "fill_log_likelihood"]

Floats = NDArray[np.float64]


@compiled
def _fade(excited: Floats, aged: Floats, pending: Floats, decay: Floats, gap: float) -> None:
    """Let ``gap`` pass: what excited and what is pending fades, and ages."""
    for h in range(len(decay)):
        fade = np.exp(-decay[h] * gap)
        for j in range(len(pending)):
            present = excited[h, j] + pending[j]
            aged[h, j] = fade * (aged[h, j] + gap * present)
            excited[h, j] = fade * present


@compiled
def fill_log_likelihood(
    times: Floats,
    sides: NDArray[np.int64],
    weights: Floats,
    drivers: Floats,
    exposure: Floats,
    horizon: float,
    levels: Floats,
    branching: Floats,
    decay: Floats,
    group: NDArray[np.int64],
    gradient: Floats,
    information: Floats,
) -> float:
    """Log-likelihood; fills gradient and information.

    Their order is levels by rows (baseline and drivers), branching by rows, decay. There is one decay for each
    group of receiving sides. The information is the sum of outer products at the events, which for levels and
    branching is exactly minus the second derivative.
    """
    (d, p), g = levels.shape, len(decay)
    first = d * p
    # excited[h, j]: sum of exp(-decay_h (t - t_k)) over the events of side j before t; aged: times (t - t_k)
    excited = np.zeros((g, d))
    aged = np.zeros((g, d))
    pending = np.zeros(d)  # events at the present instant, which do not excite one another
    n_events = np.zeros(d)
    derivative = np.zeros(p + d + 1)
    place = np.zeros(p + d + 1, dtype=np.int64)
    gradient[:] = 0.0
    information[:] = 0.0
    total = 0.0
    now = 0.0
    for k in range(len(times)):
        gap = times[k] - now
        if gap > 0.0:
            _fade(excited, aged, pending, decay, gap)
            pending[:] = 0.0
            now = times[k]
        i = sides[k]
        h = group[i]
        rate = 0.0
        slope = 0.0
        for m in range(p):
            rate += levels[i, m] * drivers[k, m]
            derivative[m] = drivers[k, m]
            place[m] = i * p + m
        for j in range(d):
            rate += branching[i, j] * decay[h] * excited[h, j]
            slope += branching[i, j] * (excited[h, j] - decay[h] * aged[h, j])
            derivative[p + j] = decay[h] * excited[h, j]
            place[p + j] = first + i * d + j
        derivative[p + d] = slope
        place[p + d] = first + d * d + h
        total += np.log(rate)
        for a in range(p + d + 1):
            weight = derivative[a] / rate
            gradient[place[a]] += weight
            for b in range(a + 1):
                information[place[a], place[b]] += weight * derivative[b] / rate
        pending[i] += weights[k]
        n_events[i] += weights[k]
    # what is left at the end of the window gives the compensator without another pass
    _fade(excited, aged, pending, decay, horizon - now)
    for i in range(d):
        h = group[i]
        for m in range(p):
            total -= levels[i, m] * exposure[m]
            gradient[i * p + m] -= exposure[m]
        for j in range(d):
            total -= branching[i, j] * (n_events[j] - excited[h, j])
            gradient[first + i * d + j] -= n_events[j] - excited[h, j]
            gradient[first + d * d + h] -= branching[i, j] * aged[h, j]
    for a in range(len(gradient)):
        for b in range(a):
            information[b, a] = information[a, b]
    return total


@compiled
def compensator(
    times: Floats,
    sides: NDArray[np.int64],
    weights: Floats,
    until: Floats,
    levels: Floats,
    branching: Floats,
    decay: Floats,
) -> Floats:
    """Integrated intensity of each event's own side from 0 to the event."""
    d, p = levels.shape
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
        out[k] = 0.0
        for m in range(p):
            out[k] += levels[i, m] * until[k, m]
        for j in range(d):
            out[k] += branching[i, j] * (n_events[j] - excited[i, j])
        pending[i] += weights[k]
    return out
