"""The monthly triple difference on simulated trade: bias, size and coverage, and what the bounds are worth.

One area is under measures on some of its goods, goods differ a hundredfold in size and keep their fortunes for months,
the target has a shock of its own in all goods, and every good has its months: the regime in which it is used. The full
simulations run with the slow tests.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from retorsion.impact.measure_paths import (
    common_course,
    over_areas,
    over_goods,
    path_around_measures,
    path_by_year,
)
from retorsion.impact.triple_difference import measure_effect

N_AREAS, N_GOODS, N_MONTHS = 21, 16, 24
MONTHS = [date(2021 + k // 12, 1 + k % 12, 1) for k in range(N_MONTHS)]
GOODS = [f"g{i:02d}" for i in range(N_GOODS)]
AREAS = ["T", *(f"P{i:02d}" for i in range(N_AREAS - 1))]
START = 14


def runs(full: int, reduced: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(
        "n", [pytest.param(full, marks=pytest.mark.slow, id="full"), pytest.param(reduced, id="reduced")]
    )


def lasting(rng: np.random.Generator, shape: tuple[int, ...], spread: float) -> NDArray[np.float64]:
    """Errors that keep seven tenths of themselves from month to month, along the last axis."""
    errors = np.empty(shape)
    errors[..., 0] = rng.normal(0, spread, shape[:-1])
    for k in range(1, shape[-1]):
        errors[..., k] = 0.7 * errors[..., k - 1] + rng.normal(0, spread * np.sqrt(0.51), shape[:-1])
    return errors


def trade(
    seed: int, effect: float, *, anticipation: float = 0.0, shock: float = -0.5
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Flows and measures: which goods are under one is drawn, so that goods are exchangeable."""
    rng = np.random.default_rng(seed)
    shape = N_AREAS, N_GOODS, N_MONTHS
    level = rng.normal(0, 1.2, (1, N_GOODS, 1)) + rng.normal(0, 0.5, (N_AREAS, N_GOODS, 1))
    mean = level + lasting(rng, (1, N_GOODS, N_MONTHS), 0.2) + lasting(rng, (N_AREAS, 1, N_MONTHS), 0.2)
    mean = mean + lasting(rng, shape, 0.3)
    mean[0, :, START - 1 :] += shock
    named = rng.choice(N_GOODS, 6, replace=False)
    mean[0, named, START:] += effect
    mean[0, named, START - 2 : START] += anticipation
    value = np.exp(10 + mean)
    area, good, month = np.indices(shape)
    flows = pl.DataFrame(
        {
            "partner_code": np.array(AREAS)[area.ravel()],
            "product_code": np.array(GOODS)[good.ravel()],
            "period_start": pl.Series([MONTHS[k] for k in month.ravel()]),
            "n_months": pl.Series([1] * value.size, dtype=pl.Int64),
            "value": value.ravel(),
        }
    )
    measures = pl.DataFrame({"product_code": sorted(GOODS[i] for i in named)}).with_columns(
        start_date=pl.lit(MONTHS[START])
    )
    return flows, measures


def estimate(flows: pl.DataFrame, measures: pl.DataFrame) -> float:
    found = over_areas(flows, measures, target_code="T", n_areas=2, minimum_share=0.001)
    return float(found.effects["estimate"][0])


@runs(400, 40)
@pytest.mark.parametrize("effect", [-0.8, 0.0])
def test_no_bias_from_a_shock_to_all_trade_of_the_target(n: int, effect: float) -> None:
    found = np.array([estimate(*trade(seed, effect)) for seed in range(n)])
    assert abs(found.mean() - effect) < 3 * found.std(ddof=1) / np.sqrt(n)


@runs(400, 40)
def test_anticipation_hides_a_part_of_the_effect_and_shows_before_the_measure(n: int) -> None:
    found = np.array([estimate(*trade(seed, -0.8, anticipation=-0.4)) for seed in range(n)])
    # two of the fourteen months before are 0.4 too low
    assert found.mean() + 0.8 == pytest.approx(0.4 * 2 / 14, abs=4 * found.std(ddof=1) / np.sqrt(n))
    path = path_around_measures(
        *trade(0, -0.8, anticipation=-0.8),
        target_code="T",
        bin_months=2,
        bins_before=7,
        bins_after=5,
        level=0.95,
    )
    leads = [e.estimate for p, e in zip(path.periods, path.effects, strict=True) if p < -1]
    assert np.mean(leads) > 0.3  # all others lie above the two months of anticipation


@runs(400, 20)
def test_ranks_of_areas_and_exchanges_of_goods_keep_their_size_where_clustered_errors_do_not(n: int) -> None:
    areas, goods, clustered = [], [], []
    for seed in range(n):
        flows, measures = trade(seed, 0.0)
        found = over_areas(flows, measures, target_code="T", n_areas=19, minimum_share=0.001)
        values = found.effects["estimate"].to_numpy()
        areas.append((1 + (np.abs(values[1:]) >= abs(values[0])).sum()) / len(values))
        course = common_course(flows, target_code="T")
        test = over_goods(flows, measures, course, target_code="T", n_draws=59, seed=seed).test
        goods.append(test.p_value)
        plain = measure_effect(
            flows, measures, target_code="T", comparison="both", by_good=True, with_correction=False
        ).plain
        assert plain.standard_error is not None
        clustered.append(abs(plain.estimate) / plain.standard_error > 1.645)
    slack = 3 * np.sqrt(0.1 * 0.9 / n)
    assert np.mean(np.array(areas) <= 0.1) < 0.1 + slack
    assert np.mean(np.array(goods) <= 0.1) < 0.1 + slack
    assert np.mean(clustered) >= 0.15


@runs(400, 40)
def test_the_range_by_ranks_of_areas_holds_its_level(n: int) -> None:
    truth, inside = -0.8, 0
    for seed in range(n):
        flows, measures = trade(seed, truth)
        found = over_areas(flows, measures, target_code="T", n_areas=19, minimum_share=0.001)
        values = found.effects["estimate"].to_numpy()
        inside += values[0] - values[1:].max() <= truth <= values[0] - values[1:].min()
    held = 18 / 20
    assert inside / n > held - 3 * np.sqrt(held * (1 - held) / n)


def test_the_range_by_exchanges_of_goods_holds_the_truth() -> None:
    held = 0
    for seed in range(3):
        flows, measures = trade(seed, -0.8)
        course = common_course(flows, target_code="T")
        found = over_goods(flows, measures, course, target_code="T", n_draws=59, seed=seed, level=0.9)
        held += (found.lower or -np.inf) <= -0.8 <= (found.upper if found.upper is not None else np.inf)
    assert held >= 2


def yearly(seed: int, effect: float, drift: float, *, is_smooth: bool = False) -> pl.DataFrame:
    """Ten years, of which eight are before the measures; goods named later drift from the others.

    ``drift`` is the step of that drift from one year to the next, or with ``is_smooth`` the change of its slope.
    """
    rng = np.random.default_rng(seed)
    shape = N_AREAS, N_GOODS, 10
    mean = rng.normal(0, 0.7, (N_AREAS, N_GOODS, 1)) + rng.normal(0, 0.2, (1, N_GOODS, 10))
    mean = mean + rng.normal(0, 0.2, (N_AREAS, 1, 10)) + rng.normal(0, 0.1, shape)
    walk = np.cumsum(rng.choice([-1, 1], 10) * drift)
    walk = np.cumsum(walk) if is_smooth else walk
    mean[0, :6] += walk
    mean[0, :6, 8:] += effect
    area, good, year = np.indices(shape)
    return pl.DataFrame(
        {
            "partner_code": np.array(AREAS)[area.ravel()],
            "product_code": np.array(GOODS)[good.ravel()],
            "period_start": pl.Series([date(2014 + k, 1, 1) for k in year.ravel()]),
            "n_months": pl.Series([12] * mean.size, dtype=pl.Int64),
            "value": np.exp(10 + mean).ravel(),
        }
    )


@runs(200, 8)
def test_bounds_hold_the_truth_where_trends_drift_and_plain_intervals_do_not(n: int) -> None:
    truth, plain, bounded = -0.6, 0, 0
    for seed in range(n):
        path, _ = path_by_year(
            yearly(seed, truth, 0.3), GOODS[:6], target_code="T", reference_year=2021, level=0.95
        )
        after = path.average_after()
        assert after.lower is not None
        assert after.upper is not None
        plain += after.lower <= truth <= after.upper
        low, high = path.robust_interval(1.0)
        bounded += low <= truth <= high
    assert plain / n < 0.5
    assert bounded / n > 0.95 - 3 * np.sqrt(0.05 * 0.95 / n)


@runs(200, 8)
def test_bounds_by_smoothness_hold_the_truth_where_slopes_change_by_as_much(n: int) -> None:
    truth, plain, bounded = -0.6, 0, 0
    for seed in range(n):
        path, _ = path_by_year(
            yearly(seed, truth, 0.1, is_smooth=True),
            GOODS[:6],
            target_code="T",
            reference_year=2021,
            level=0.95,
        )
        after = path.average_after()
        assert after.lower is not None
        assert after.upper is not None
        plain += after.lower <= truth <= after.upper
        low, high = path.robust_interval(smoothness=0.1)
        bounded += low <= truth <= high
    assert plain / n < 0.5
    assert bounded / n > 0.90
