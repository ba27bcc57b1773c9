"""Speed of the excitation models: likelihood by number of events, and fits against other packages."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

import numba
import numpy as np
from hawkes import multivariate as hawkes_rs
from phawkes.exp_mle import HawkesExpMLE
from retorsion.estimators import hawkes_kernels
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    fit_daily,
    simulate_daily,
)
from retorsion.estimators.daily_inference import bootstrap_daily, profile_intervals, timing_test
from retorsion.estimators.drivers import since
from retorsion.estimators.hawkes import (
    HawkesParameters,
    fit_hawkes,
    log_likelihood_and_gradient,
    simulate_hawkes,
)
from retorsion.estimators.pooled import fit_pooled

TRUTH = HawkesParameters(np.array([0.3, 0.2]), np.array([[0.2, 0.1], [0.3, 0.15]]), np.ones(2))
EVENTS_PER_TIME = float(np.linalg.solve(np.eye(2) - TRUTH.branching, TRUTH.baseline).sum())


def seconds(run: Callable[[], object], repeats: int = 3) -> float:
    """Best of several runs."""
    return in_turn([run], repeats)[0]


def in_turn(runs: list[Callable[[], object]], repeats: int) -> list[float]:
    """Best of several runs of each, in turn, so that a busy machine slows all of them alike."""
    best = [math.inf] * len(runs)
    for _ in range(repeats):
        for k, run in enumerate(runs):
            start = time.perf_counter()
            run()
            best[k] = min(best[k], time.perf_counter() - start)
    return best


def drawn(n_events: int) -> tuple[list[np.ndarray], float]:
    horizon = n_events / EVENTS_PER_TIME
    return simulate_hawkes(TRUTH, horizon, np.random.default_rng(11)), horizon


def likelihood() -> None:
    events, horizon = drawn(1000)
    log_likelihood_and_gradient(TRUTH, events, horizon)  # compiled before the clock starts
    compiled: Any = hawkes_kernels.fill_log_likelihood
    signature = compiled.nopython_signatures[0].args
    compiling = seconds(lambda: numba.njit(compiled.py_func).compile(signature), repeats=1)
    print(f"compiling the likelihood anew: {compiling:.2f} s (kept on disk, left out of all times below)")
    print("log-likelihood and gradient, two sides:")
    per_event = []
    for exponent in (3, 4, 5, 6):
        events, horizon = drawn(10**exponent)
        n = sum(len(times) for times in events)
        taken = seconds(partial(log_likelihood_and_gradient, TRUTH, events, horizon), repeats=5)
        per_event.append(taken / n)
        print(f"  {n:>9,} events  {1e3 * taken:9.3f} ms  {1e9 * taken / n:7.1f} ns per event")
    print(f"  time per event at 10^6 over that at 10^4: {per_event[3] / per_event[1]:.2f} (1 is linear)")


def fits() -> None:
    events, horizon = drawn(100_000)
    n = sum(len(times) for times in events)
    fit_hawkes([times[:200] for times in events], 2000.0)  # compiled before the clock starts
    ours, rust = in_turn([lambda: fit_hawkes(events, horizon), lambda: hawkes_rs.fit(events, horizon)], 5)
    python = seconds(lambda: HawkesExpMLE(decay=1.0).fit(events, end_time=horizon), repeats=1)
    fitted, reference = fit_hawkes(events, horizon), hawkes_rs.fit(events, horizon)
    apart = np.abs(fitted.parameters.branching - reference.parameters.excitation).max()
    print(f"fit to {n:,} events, decay free unless said, best of 5 in turn (phawkes 1):")
    print(f"  here                    {ours:8.3f} s  (standard errors included)")
    print(f"  hawkes-rs               {rust:8.3f} s  {rust / ours:6.1f} times as long")
    print(f"  phawkes, decay fixed    {python:8.3f} s  {python / ours:6.1f} times as long")
    print(f"  log-likelihood here {fitted.log_likelihood:.6f}")
    print(f"  log-likelihood hawkes-rs {-reference.negative_log_likelihood:.6f}")
    print(f"  largest difference of a branching ratio from hawkes-rs {apart:.1e}")


def daily() -> None:
    start, n_days = date(2014, 1, 1), 4473
    war = date(2022, 2, 24)
    step = since(war, start, start + timedelta(days=n_days - 1))
    model = DailyModel(covariates=("war",), decay_sharing="link")
    truth = DailyParameters(
        np.array([[-4.5, 2.0], [-5.0, 1.8]]),
        np.array([[0.3, 0.1], [0.2, 0.25]]),
        np.full((2, 2), 3.0),
        np.zeros(2),
    )
    empty = DailyData(("A", "B"), start, np.zeros((n_days, 2)), {"war": step})
    data = simulate_daily(empty, model, truth, np.random.default_rng(0))
    fit = fit_daily(data, model)
    blocks = shift_blocks(start, n_days, block_days=91, breaks=[war])
    print(f"daily model, {n_days:,} days, {int(data.counts.sum())} acts, {fit.n_parameters} parameters:")
    steps: list[tuple[str, Callable[[], object], int]] = [
        ("fit, sixteen starts a side", lambda: fit_daily(data, model), 3),
        ("profile intervals of all parameters", lambda: profile_intervals(data, fit), 1),
        (
            "bootstrap, 200 refits",
            lambda: bootstrap_daily(data, fit, n_draws=200, rng=np.random.default_rng(0)),
            1,
        ),
        (
            "timing test, 500 shifts",
            lambda: timing_test(
                data,
                model,
                source="A",
                receiver="B",
                blocks=blocks,
                half_lives=(1, 3, 7, 14, 30),
                n_shifts=500,
                rng=np.random.default_rng(0),
            ),
            2,
        ),
    ]
    for name, run, repeats in steps:
        print(f"  {name:<38} {seconds(run, repeats):7.3f} s")


def pooled() -> None:
    start, n_days, n_pairs = date(2014, 1, 1), 4473, 50
    rng = np.random.default_rng(5)
    model = DailyModel(decay_sharing="link")
    pairs = {}
    for k in range(n_pairs):
        branching = np.array([[0.3, 0.1], [0.2, 0.25]]) * np.exp(rng.normal(0, 0.3, (2, 2)))
        level = np.log(500 / n_days * (np.eye(2) - branching).sum(axis=1))
        truth = DailyParameters(level[:, None], branching, np.full((2, 2), 5.0), np.zeros(2))
        pairs[f"pair {k:02d}"] = simulate_daily(
            DailyData(("A", "B"), start, np.zeros((n_days, 2)), {}), model, truth, rng
        )
    fit_pooled(dict(list(pairs.items())[:3]), model)  # compiled before the clock starts
    begun = time.perf_counter()
    fit = fit_pooled(pairs, model)
    taken = time.perf_counter() - begun
    acts = sum(int(data.counts.sum()) for data in pairs.values())
    print(f"pooled daily model, {n_pairs} pairs, {acts:,} acts on {n_days:,} days each:")
    print(
        f"  fit with posterior intervals {taken:7.3f} s, {fit.n_iterations} steps, settled: {fit.is_converged}"
    )
    for kind, _, mean, spread in fit.kinds.select("kind", "n", "mean", "spread").iter_rows():
        print(f"  {kind:<16} geometric mean {mean:8.4f}, spread {spread:6.3f}")


if __name__ == "__main__":
    likelihood()
    fits()
    daily()
    pooled()
