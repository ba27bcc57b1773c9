"""Simulate with a known truth, estimate, and see whether it comes back, and how often within the limits.

Every study has a reduced form that always runs, with a bound that a right method misses less than once in a
thousand seeds, and a full form marked slow.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.change_points import regimes
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    fit_daily,
    simulate_daily,
)
from retorsion.estimators.daily_inference import profile_intervals, timing_test
from retorsion.estimators.drivers import since
from retorsion.estimators.hawkes import HawkesParameters, fit_hawkes, simulate_hawkes
from retorsion.estimators.survival import kaplan_meier
from scipy import stats

START, WAR, N_DAYS = date(2019, 1, 1), date(2022, 2, 24), 2000
STEP = since(WAR, START, START + timedelta(days=N_DAYS - 1))
EFFECTS = np.array([[-3.6, 1.2], [-3.8, 1.0]])
BRANCHING = np.array([[0.3, 0.15], [0.35, 0.2]])


def truth_of(family: str, branching: np.ndarray = BRANCHING) -> DailyParameters:
    dispersion = np.full(2, 0.8) if family == "negative_binomial" else np.zeros(2)
    return DailyParameters(EFFECTS, branching, np.full((2, 2), 3.0), dispersion)


def drawn(
    family: str, seed: tuple[int, int], branching: np.ndarray = BRANCHING
) -> tuple[DailyData, DailyModel]:
    model = DailyModel(family=family, covariates=("war",))  # type: ignore[arg-type]
    empty = DailyData(("A", "B"), START, np.zeros((N_DAYS, 2)), {"war": STEP})
    return simulate_daily(empty, model, truth_of(family, branching), np.random.default_rng(seed)), model


TRUE_VALUES = {
    "level A": -3.6,
    "war A": 1.2,
    "level B": -3.8,
    "war B": 1.0,
    "branching A->A": 0.3,
    "branching B->A": 0.15,
    "branching A->B": 0.35,
    "branching B->B": 0.2,
    "half-life": 3.0,
    "dispersion A": 0.8,
    "dispersion B": 0.8,
}


def coverage(family: str, n_series: int) -> pl.DataFrame:
    """Share of series in which the 95 % profile interval of each parameter holds its true value."""
    tables = []
    for k in range(n_series):
        data, model = drawn(family, (7, k))
        tables.append(profile_intervals(data, fit_daily(data, model)))
    true = pl.col("parameter").replace_strict(TRUE_VALUES, return_dtype=pl.Float64)
    return (
        pl.concat(tables)
        .with_columns(true.is_between("lower", "upper").alias("holds"))
        .group_by("parameter", maintain_order=True)
        .agg(pl.col("holds").mean().alias("coverage"), pl.len().alias("n"))
    )


def test_intervals_cover_the_truth_reduced():
    n_series = 40
    table = coverage("poisson", n_series)
    assert (table["n"] == n_series).all()
    # for nine parameters at once, a right 95 % interval falls below this less than once in a thousand
    least = stats.binom.ppf(0.001 / len(table), n_series, 0.95) / n_series
    assert table["coverage"].min() >= least
    assert 0.9 <= table["coverage"].mean() <= 0.99


@pytest.mark.slow
@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "bernoulli"])
def test_intervals_cover_the_truth(family):
    table = coverage(family, 200)
    assert table["coverage"].min() >= 0.90, table
    assert table["coverage"].max() <= 0.99, table


def test_long_series_give_back_branching_matrix_half_life_and_effects():
    model = DailyModel(covariates=("war",), decay_sharing="receiver")
    n_days = 30_000
    step = (np.arange(n_days) >= 15_000).astype(float)
    truth = replace(truth_of("poisson"), half_life_days=np.array([[1.5, 1.5], [8.0, 8.0]]))
    empty = DailyData(("A", "B"), START, np.zeros((n_days, 2)), {"war": step})
    data = simulate_daily(empty, model, truth, np.random.default_rng(0))
    fit = fit_daily(data, model)
    np.testing.assert_allclose(fit.parameters.branching, truth.branching, atol=0.05)
    np.testing.assert_allclose(fit.parameters.half_life_days, truth.half_life_days, rtol=0.25)
    np.testing.assert_allclose(fit.parameters.effects, truth.effects, atol=0.2)


def continuous_errors(n_series: int) -> np.ndarray:
    """Distance of each estimate of a continuous process from its truth, in standard errors."""
    truth = HawkesParameters(np.array([0.3, 0.2]), np.array([[0.2, 0.1], [0.3, 0.15]]), np.array([1.0, 1.0]))
    rows = []
    for k in range(n_series):
        fit = fit_hawkes(simulate_hawkes(truth, 2000.0, np.random.default_rng((3, k))), 2000.0)
        pairs = (
            (fit.parameters.baseline, truth.baseline, fit.standard_errors.baseline),
            (fit.parameters.branching, truth.branching, fit.standard_errors.branching),
            (fit.parameters.decay[:1], truth.decay[:1], fit.standard_errors.decay[:1]),
        )
        rows.append(np.concatenate([((a - b) / e).ravel() for a, b, e in pairs]))
    return np.array(rows)


def test_continuous_process_comes_back_without_bias():
    errors = continuous_errors(100)
    assert np.isfinite(errors).mean() > 0.95
    covered = np.nanmean(np.abs(errors) < stats.norm.ppf(0.975), axis=0)
    assert covered.min() >= stats.binom.ppf(0.001 / 7, 100, 0.95) / 100
    # means within what their own scatter allows, with room for a bias of a fifth of a standard error
    assert np.abs(np.nanmean(errors, axis=0)).max() < 0.2 + 3.5 / np.sqrt(100)


def timing_rejections(n_series: int, branching: np.ndarray, seed: int) -> float:
    """Share of series in which the timing test finds A -> B at the 5 % level."""
    blocks = shift_blocks(START, N_DAYS, block_days=91, breaks=[WAR])
    found = 0
    for k in range(n_series):
        data, model = drawn("poisson", (seed, k), branching)
        test = timing_test(
            data,
            model,
            source="A",
            receiver="B",
            blocks=blocks,
            half_lives=(1, 3, 7, 14),
            n_shifts=199,
            rng=np.random.default_rng((seed + 1, k)),
        )
        found += test.p_value <= 0.05
    return found / n_series


OWN_ONLY = np.array([[0.3, 0.0], [0.0, 0.3]])
ONLY_BACK = np.array([[0.3, 0.4], [0.0, 0.3]])


def test_timing_keeps_its_size_reduced():
    assert timing_rejections(60, OWN_ONLY, 0) <= stats.binom.ppf(0.999, 60, 0.05) / 60


@pytest.mark.slow
def test_timing_keeps_its_size():
    assert 0.02 <= timing_rejections(400, OWN_ONLY, 0) <= 0.08
    # where only the other direction holds, the timing test errs on the safe side
    assert timing_rejections(200, ONLY_BACK, 10) <= 0.08


def test_timing_finds_a_true_link():
    assert timing_rejections(20, np.array([[0.3, 0.0], [0.4, 0.3]]), 20) >= 0.9


RATES, LENGTHS = [0.2, 2.0, 0.8], [200, 40, 160]
WEEKS = [date(2014, 1, 6) + timedelta(weeks=k) for k in range(sum(LENGTHS))]


def changes_found(n_series: int) -> tuple[float, float]:
    """Share of series with the right number of changes, and of true changes inside their sets in those."""
    true = [WEEKS[k] for k in np.cumsum(LENGTHS)[:-1]]
    right, held, asked = 0, 0, 0
    for k in range(n_series):
        counts = np.random.default_rng((1, k)).poisson(np.repeat(RATES, LENGTHS)).astype(float)
        found = regimes(counts, WEEKS)
        if found.n_changes != len(true):
            continue
        right += 1
        for day, low, high in zip(true, found.changes["lower"], found.changes["upper"], strict=True):
            asked += 1
            held += low <= day <= high
    return right / n_series, held / asked


def test_change_points_come_back_reduced():
    right, held = changes_found(40)
    assert right >= 0.8
    assert held >= stats.binom.ppf(0.001, 80, 0.95) / 80


@pytest.mark.slow
def test_change_points_come_back():
    right, held = changes_found(250)
    assert right >= 0.92
    assert 0.90 <= held <= 0.99


def test_a_steady_series_has_no_change_nineteen_times_in_twenty():
    n_changes = [
        regimes(np.random.default_rng((2, k)).poisson(0.5, 400).astype(float), WEEKS).n_changes
        for k in range(60)
    ]
    assert np.mean(np.array(n_changes) > 0) <= stats.binom.ppf(0.999, 60, 0.05) / 60


def test_waiting_band_holds_the_whole_curve():
    """Exponential waits of mean 20 days, a fifth never answered, censoring uniform to 120 days."""
    inside, pointwise, n_series = 0, [], 200
    for k in range(n_series):
        rng = np.random.default_rng((4, k))
        wait = np.where(rng.uniform(size=80) < 0.2, np.inf, np.floor(rng.exponential(20, 80)))
        censor = np.floor(rng.uniform(0, 120, 80))
        times = pl.DataFrame({"days": np.minimum(wait, censor), "is_answered": wait <= censor})
        curve = kaplan_meier(times, duration="days", event="is_answered").curve.drop_nulls()
        left = 0.2 + 0.8 * np.exp(-(curve["time"].to_numpy() + 1) / 20)
        low, high = curve["band_lower"].to_numpy(), curve["band_upper"].to_numpy()
        inside += bool(np.all((low <= left) & (left <= high)))
        middle = len(curve) // 2
        pointwise.append(curve["lower"][middle] <= left[middle] <= curve["upper"][middle])
    assert inside / n_series >= 0.90
    assert 0.89 <= np.mean(pointwise) <= 0.99
