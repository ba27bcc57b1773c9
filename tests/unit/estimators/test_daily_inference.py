"""Intervals, bootstrap, residuals, comparison and timing test of the daily model."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    fit_daily,
    fit_receiver,
    simulate_daily,
)
from retorsion.estimators.daily_inference import (
    Power,
    bootstrap_daily,
    daily_residual_tests,
    pearson_residuals,
    profile_intervals,
    timing_power,
    timing_test,
    with_link,
)
from scipy import stats

START = date(2020, 1, 1)


def drawn(
    seed: int,
    branching: list[list[float]],
    *,
    n_days: int = 1500,
    family: str = "poisson",
    dispersion: float = 0.0,
    half_life: float = 2.0,
) -> DailyData:
    model = DailyModel(family=family)  # type: ignore[arg-type]
    p = DailyParameters(
        np.array([[-2.5], [-2.5]]), np.array(branching), np.full((2, 2), half_life), np.full(2, dispersion)
    )
    empty = DailyData(("A", "B"), START, np.zeros((n_days, 2)))
    return simulate_daily(empty, model, p, np.random.default_rng(seed))


@pytest.fixture(scope="module")
def linked() -> DailyData:
    return drawn(1, [[0.3, 0.1], [0.4, 0.2]])


def test_profile_limits_lie_where_the_likelihood_has_lost_what_the_level_allows():
    data = drawn(2, [[0, 0], [0, 0]])
    table = profile_intervals(data, fit_daily(data, DailyModel(links="none")))
    n, n_days = data.counts[:, 0].sum(), data.n_days

    def loss(level: float) -> float:
        at = n * level - n_days * np.exp(level)
        return 2 * (n * np.log(n / n_days) - n - at)

    row = table.row(0, named=True)
    assert row["parameter"] == "level A"
    assert row["estimate"] == pytest.approx(np.log(n / n_days), abs=1e-6)
    assert loss(row["lower"]) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=0.02)
    assert loss(row["upper"]) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=0.02)
    assert row["lower"] < row["estimate"] < row["upper"]
    assert not row["lower_is_bound"]


def test_interval_of_a_link_is_the_set_its_likelihood_ratio_test_keeps(linked):
    fit = fit_daily(linked, DailyModel())
    row = profile_intervals(linked, fit, only=["branching A->B"]).row(0, named=True)
    without = fit_daily(linked, DailyModel(without=(("A", "B"),)))
    rejected = 2 * (fit.log_likelihood - without.log_likelihood) > stats.chi2.ppf(0.95, 1)
    assert rejected
    assert row["lower"] > 0
    assert row["lower"] < row["estimate"] < row["upper"]


def test_interval_that_reaches_zero_is_one_sided():
    data = drawn(3, [[0.3, 0.0], [0.0, 0.3]])
    table = profile_intervals(data, fit_daily(data, DailyModel()), only=["branching"])
    cross = table.filter(pl.col("parameter").is_in(["branching A->B", "branching B->A"]))
    assert cross["lower_is_bound"].all()
    assert (cross["lower"] == 0).all()
    assert (cross["upper"] > cross["estimate"]).all()
    assert (cross["upper"] < 0.3).all()
    on_bound = cross.filter(pl.col("estimate") == 0)
    assert on_bound["standard_error"].is_null().all()


def test_half_life_of_nothing_has_no_estimate_and_no_limits():
    for seed in range(30):
        data = drawn(seed, [[0.0, 0.0], [0.0, 0.0]], n_days=600)
        fit = fit_daily(data, DailyModel(links="own", decay_sharing="receiver"))
        if fit.undefined:
            table = profile_intervals(data, fit, only=list(fit.undefined))
            assert table["estimate"].is_null().all()
            assert table["lower_is_bound"].all()
            return
    pytest.fail("no series gave a branching ratio of zero")


def test_higher_level_gives_a_wider_interval(linked):
    fit = fit_daily(linked, DailyModel())
    narrow = profile_intervals(linked, fit, level=0.8, only=["half-life"]).row(0, named=True)
    wide = profile_intervals(linked, fit, level=0.99, only=["half-life"]).row(0, named=True)
    assert wide["lower"] < narrow["lower"] < narrow["estimate"] < narrow["upper"] < wide["upper"]


def test_bootstrap_spread_is_that_of_the_standard_errors(linked):
    fit = fit_daily(linked, DailyModel())
    result = bootstrap_daily(linked, fit, n_draws=60, rng=np.random.default_rng(0))
    table = {row["parameter"]: row for row in result.table.iter_rows(named=True)}
    error = fit.standard_errors.branching[1, 0]
    assert table["branching A->B"]["standard_deviation"] == pytest.approx(error, rel=0.35)
    assert table["branching A->B"]["mean"] == pytest.approx(fit.parameters.branching[1, 0], abs=0.05)
    assert len(result.draws) == 60
    again = bootstrap_daily(linked, fit, n_draws=60, rng=np.random.default_rng(0))
    assert json.dumps(again.to_dict()) == json.dumps(result.to_dict())


def test_bootstrap_of_an_explosive_fit_is_refused(linked):
    fit = fit_daily(linked, DailyModel())
    explosive = replace(fit, parameters=replace(fit.parameters, branching=np.full((2, 2), 0.7)))
    with pytest.raises(NotEstimable, match="explodes"):
        bootstrap_daily(linked, explosive, n_draws=5, rng=np.random.default_rng(0))


def test_residuals_keep_the_right_model(linked):
    tests = daily_residual_tests(
        linked, fit_daily(linked, DailyModel()), n_draws=99, rng=np.random.default_rng(0)
    )
    for side in tests.sides:
        assert side.dispersion == pytest.approx(1, abs=0.15)
        assert min(side.dispersion_p_value, side.gap_p_value, side.portmanteau_p_value) > 0.02
    assert tests.same_day_p_value is not None
    assert tests.same_day_p_value > 0.02


def test_residuals_reject_missing_excitation_dispersion_and_common_days():
    rng = np.random.default_rng(5)
    data = drawn(4, [[0.6, 0.0], [0.0, 0.6]])
    poor = daily_residual_tests(data, fit_daily(data, DailyModel(links="none")), n_draws=99, rng=rng)
    assert all(side.portmanteau_p_value <= 0.02 for side in poor.sides)
    packages = drawn(4, [[0.2, 0.0], [0.0, 0.2]], family="negative_binomial", dispersion=4.0)
    poor = daily_residual_tests(packages, fit_daily(packages, DailyModel()), n_draws=99, rng=rng)
    assert all(side.dispersion_p_value <= 0.02 for side in poor.sides)
    together = drawn(6, [[0.0, 0.0], [0.0, 0.0]])
    together = replace(together, counts=together.counts[:, [0, 0]])
    poor = daily_residual_tests(together, fit_daily(together, DailyModel(links="none")), n_draws=99, rng=rng)
    assert poor.same_day_correlation == pytest.approx(1)
    assert poor.same_day_p_value is not None
    assert poor.same_day_p_value <= 0.02


@pytest.mark.parametrize("family", ["negative_binomial", "bernoulli"])
def test_residuals_of_the_other_families_have_unit_variance(family):
    data = drawn(7, [[0.3, 0.1], [0.2, 0.2]], family=family, dispersion=2.0)
    fit = fit_daily(data, DailyModel(family=family))
    assert np.mean(pearson_residuals(data, fit) ** 2) == pytest.approx(1, abs=0.15)


def timed(data: DailyData, source: str, receiver: str, **changes: object) -> float:
    options = {
        "blocks": shift_blocks(START, data.n_days, block_days=91),
        "half_lives": (1, 3, 7),
        "n_shifts": 199,
        "rng": np.random.default_rng(0),
    } | changes
    return timing_test(data, DailyModel(), source=source, receiver=receiver, **options).p_value


def test_timing_test_finds_the_direction():
    data = drawn(11, [[0.2, 0.0], [0.5, 0.2]])
    assert timed(data, "A", "B") == 0.005
    assert timed(data, "B", "A") > 0.05


def test_timing_test_needs_blocks_to_shift_in(linked):
    with pytest.raises(NotEstimable, match="No block"):
        timed(linked, "A", "B", blocks=shift_blocks(START, linked.n_days, block_days=10))


def test_one_side_alone_is_fitted_as_in_the_whole(linked) -> None:
    model = DailyModel(decay_sharing="receiver")
    whole = fit_daily(linked, model)
    parts = {side: fit_receiver(linked, model, side) for side in ("A", "B")}
    assert sum(value for _, value in parts.values()) == pytest.approx(whole.log_likelihood)
    for place, (parameters, _) in enumerate(parts.values()):
        np.testing.assert_allclose(parameters.branching[place], whole.parameters.branching[place])
        np.testing.assert_allclose(parameters.effects[place], whole.parameters.effects[place])


def told(data: DailyData, ratio: float, **changes: object) -> Power:
    options = {
        "source": "A",
        "receiver": "B",
        "blocks": shift_blocks(START, data.n_days, block_days=91),
        "half_lives": (1, 3, 7),
        "n_draws": 25,
        "n_shifts": 99,
        "rng": np.random.default_rng(2),
    } | changes
    return timing_power(data, fit_daily(data, DailyModel()), ratio=ratio, **options)  # type: ignore[arg-type]


def test_power_grows_with_the_effect_and_is_the_size_of_the_test_without_one() -> None:
    data = drawn(12, [[0.0, 0.0], [0.2, 0.0]])
    nothing, small, large = (told(data, ratio) for ratio in (0.0, 0.15, 0.5))
    assert nothing.estimate <= 0.12
    assert nothing.estimate <= small.estimate < large.estimate
    assert large.estimate > 0.9
    assert (large.n, large.n_told) == (25, round(25 * large.estimate))
    assert large.lower < large.estimate <= large.upper + 1e-9
    assert told(data, 0.5) == large


def test_records_drawn_for_power_are_of_the_size_of_the_record() -> None:
    data = drawn(12, [[0.0, 0.0], [0.2, 0.0]])
    fit = fit_daily(data, DailyModel())
    truth = with_link(data, fit, 1, 0, 0.5)
    assert truth.branching[1, 0] == 0.5
    rng = np.random.default_rng(1)
    sizes = [simulate_daily(data, fit.model, truth, rng).counts[:, 1].sum() for _ in range(60)]
    assert np.mean(sizes) == pytest.approx(data.counts[:, 1].sum(), rel=0.05)
    with pytest.raises(NotEstimable, match="more than the"):
        told(data, 3.0)


def test_timing_is_not_credited_with_shared_volume():
    """Both sides act only in the same three months; within them nobody answers anybody."""
    rng = np.random.default_rng(4)
    busy = (np.arange(1500) >= 700) & (np.arange(1500) < 800)
    counts = rng.poisson(np.where(busy, 0.5, 0.01)[:, None] * np.ones(2)).astype(float)
    data = DailyData(("A", "B"), START, counts, {"busy": busy.astype(float)})
    blocks = shift_blocks(
        START, 1500, block_days=100, breaks=[START + timedelta(days=700), START + timedelta(days=800)]
    )
    model = DailyModel(covariates=("busy",))
    test = timing_test(
        data,
        model,
        source="A",
        receiver="B",
        blocks=blocks,
        half_lives=(1, 3, 7),
        n_shifts=199,
        rng=rng,
    )
    assert test.p_value > 0.1
    assert fit_daily(data, DailyModel()).parameters.branching[1, 0] > 0.05


def test_blocks_begin_anew_at_breaks():
    labels = shift_blocks(START, 10, block_days=4, breaks=[START + timedelta(days=6)])
    assert labels.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]
    outside = shift_blocks(START, 5, block_days=3, breaks=[date(2000, 1, 1), date(2100, 1, 1)])
    assert outside.tolist() == [0, 0, 0, 1, 1]
    with pytest.raises(ParameterError, match="at least 2"):
        shift_blocks(START, 10, block_days=1)
