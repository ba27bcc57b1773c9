"""Continuous-time excitation: the hand-computed value, two independent packages, and its own laws.

``hawkes_bivariate.parquet`` holds the events of one simulated process (baseline .3 and .2, branching matrix
[[.2, .1], [.3, .15]], decay 1, window 20,000), drawn once with ``simulate_hawkes`` and seed 11 and kept.
"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hawkes import multivariate as hawkes_rs
from hypothesis import given, settings
from hypothesis import strategies as st
from phawkes.exp_mle import HawkesExpMLE
from phawkes.exp_mle import _loglik_and_grad as phawkes_log_likelihood
from places import FIXTURES
from rdata import read_vectors
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.hawkes import (
    HawkesParameters,
    compensator_at_events,
    fit_hawkes,
    log_likelihood,
    log_likelihood_and_gradient,
    simulate_hawkes,
    spread_within_day,
    time_rescaling_tests,
)

HORIZON = 20_000.0
TRUTH = HawkesParameters(np.array([0.3, 0.2]), np.array([[0.2, 0.1], [0.3, 0.15]]), np.array([1.0, 1.0]))


@pytest.fixture(scope="module")
def stored() -> list[np.ndarray]:
    frame = pl.read_parquet(FIXTURES / "hawkes_bivariate.parquet")
    return [frame.filter(pl.col("side") == side)["time"].to_numpy() for side in (0, 1)]


def test_log_likelihood_equals_the_value_computed_by_hand():
    parameters = HawkesParameters(np.array([0.5]), np.array([[0.6]]), np.array([1.2]))
    value = log_likelihood(parameters, [np.array([1.0, 2.0, 4.0])], 5.0)
    assert value == pytest.approx(-5.660134035483182, abs=1e-12)


def test_log_likelihood_agrees_with_two_packages(stored):
    ours = log_likelihood(TRUTH, stored, HORIZON)
    rust = -hawkes_rs.negative_log_likelihood(
        hawkes_rs.Parameters(baseline=TRUTH.baseline, excitation=TRUTH.branching, decay=1.0), stored, HORIZON
    )
    python = phawkes_log_likelihood(stored, HORIZON, TRUTH.baseline, TRUTH.branching, 1.0)[0]
    assert ours == pytest.approx(rust, rel=1e-6)
    assert ours == pytest.approx(python, rel=1e-6)


def test_free_decay_fit_agrees_with_the_compiled_package(stored):
    ours, theirs = fit_hawkes(stored, HORIZON), hawkes_rs.fit(stored, HORIZON)
    assert ours.is_converged
    assert ours.log_likelihood == pytest.approx(-theirs.negative_log_likelihood, rel=1e-6)
    assert ours.log_likelihood >= -theirs.negative_log_likelihood - 1e-6
    np.testing.assert_allclose(ours.parameters.branching, theirs.parameters.excitation, atol=1e-3)
    np.testing.assert_allclose(ours.parameters.baseline, theirs.parameters.baseline, atol=1e-3)
    np.testing.assert_allclose(ours.parameters.decay, theirs.parameters.decay, rtol=1e-3)


def test_fixed_decay_fit_agrees_with_the_python_package(stored):
    # its own fit takes seconds on all events
    part = [times[times <= 2000] for times in stored]
    ours, theirs = fit_hawkes(part, 2000.0, decay=1.0), HawkesExpMLE(decay=1.0).fit(part, end_time=2000.0)
    assert ours.log_likelihood == pytest.approx(theirs.final_loglik_, rel=1e-6)
    np.testing.assert_allclose(ours.parameters.branching, theirs.adjacency_, atol=1e-3)
    assert ours.n_parameters == 6


def test_fit_recovers_the_stored_process(stored):
    fit = fit_hawkes(stored, HORIZON)
    for name in ("baseline", "branching", "decay"):
        estimate, error = getattr(fit.parameters, name), getattr(fit.standard_errors, name)
        assert np.abs((estimate - getattr(TRUTH, name)) / error).max() < 3
    assert fit.parameters.spectral_radius == pytest.approx(0.35, abs=0.03)
    assert all(test.p_value > 0.05 for test in time_rescaling_tests(fit.parameters, stored, HORIZON))


def test_residuals_reject_a_wrong_model(stored):
    poisson = HawkesParameters(
        np.array([len(times) / HORIZON for times in stored]), np.zeros((2, 2)), np.ones(2)
    )
    assert all(test.p_value < 1e-6 for test in time_rescaling_tests(poisson, stored, HORIZON))


def test_decay_of_each_receiver_is_a_larger_model(stored):
    common, receiver = fit_hawkes(stored, HORIZON), fit_hawkes(stored, HORIZON, decay_sharing="receiver")
    assert receiver.n_parameters == common.n_parameters + 1
    assert receiver.log_likelihood >= common.log_likelihood
    assert receiver.parameters.decay[0] != receiver.parameters.decay[1]


def brute_force(parameters: HawkesParameters, events: list[np.ndarray], horizon: float) -> float:
    """Log-likelihood by its definition, a sum over all pairs of events."""
    total = 0.0
    for i, own in enumerate(events):
        beta = parameters.decay[i]
        total -= parameters.baseline[i] * horizon
        for j, other in enumerate(events):
            total -= parameters.branching[i, j] * np.sum(1 - np.exp(-beta * (horizon - other)))
        for t in own:
            rate = parameters.baseline[i]
            for j, other in enumerate(events):
                age = t - other[other < t]
                rate += parameters.branching[i, j] * beta * np.exp(-beta * age).sum()
            total += np.log(rate)
    return float(total)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 1)), min_size=1, max_size=25),
    st.integers(0, 2**32 - 1),
)
def test_log_likelihood_and_gradient_follow_the_definition_also_with_ties(pairs, seed):
    rng = np.random.default_rng(seed)
    # quarters of a unit: ties within and between sides are frequent
    events = [np.sort(np.array([t / 4 for t, side in pairs if side == i])) for i in (0, 1)]
    parameters = HawkesParameters(rng.uniform(0.1, 1, 2), rng.uniform(0, 0.8, (2, 2)), rng.uniform(0.3, 3, 2))
    value, gradient = log_likelihood_and_gradient(parameters, events, 10.5)
    assert value == pytest.approx(brute_force(parameters, events, 10.5), rel=1e-10, abs=1e-10)
    step = 1e-6
    for name in ("baseline", "branching", "decay"):
        for place in np.ndindex(getattr(parameters, name).shape):
            shifted = []
            for sign in (1, -1):
                arrays = {n: getattr(parameters, n).copy() for n in ("baseline", "branching", "decay")}
                arrays[name][place] += sign * step
                shifted.append(log_likelihood(HawkesParameters(**arrays), events, 10.5))
            slope = (shifted[0] - shifted[1]) / (2 * step)
            assert getattr(gradient, name)[place] == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_compensator_at_the_last_event_closes_the_likelihood():
    events = [np.array([0.5, 1.0, 2.5]), np.array([0.7, 2.5])]
    values = compensator_at_events(TRUTH, events, 2.5)
    logs = 0.0
    for i, own in enumerate(events):
        for t in own:
            logs += np.log(
                TRUTH.baseline[i]
                + sum(TRUTH.branching[i, j] * np.exp(-(t - e[e < t])).sum() for j, e in enumerate(events))
            )
    assert logs - values[0][-1] - values[1][-1] == pytest.approx(
        log_likelihood(TRUTH, events, 2.5), abs=1e-12
    )


def test_simulation_has_the_stationary_mean():
    rng = np.random.default_rng(3)
    counts = np.mean([[len(e) for e in simulate_hawkes(TRUTH, 2000.0, rng)] for _ in range(40)], axis=0)
    expected = np.linalg.solve(np.eye(2) - TRUTH.branching, TRUTH.baseline) * 2000
    np.testing.assert_allclose(counts, expected, rtol=0.02)


def test_an_explosive_process_is_not_simulated():
    parameters = HawkesParameters(np.ones(1), np.array([[1.1]]), np.ones(1))
    with pytest.raises(ParameterError, match="spectral radius"):
        simulate_hawkes(parameters, 10.0, np.random.default_rng(0))


def test_a_zero_branching_ratio_is_found_exactly_on_its_bound():
    apart = HawkesParameters(np.array([0.5, 0.5]), np.array([[0.4, 0.0], [0.0, 0.4]]), np.ones(2))
    fits = [
        fit_hawkes(simulate_hawkes(apart, 1500.0, np.random.default_rng(seed)), 1500.0) for seed in range(6)
    ]
    ratios = np.array([fit.parameters.branching[0, 1] for fit in fits])
    errors = np.array([fit.standard_errors.branching[0, 1] for fit in fits])
    assert (ratios == 0).any()
    assert np.isnan(errors[ratios == 0]).all()
    assert ratios.max() < 0.15


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([np.array([]), np.array([])], "Side 0 has 0 events"),
        ([np.linspace(1, 9, 30), np.array([])], "Side 1 has 0 events"),
        ([np.array([3.0]), np.linspace(1, 9, 30)], "Side 0 has 1 events"),
    ],
)
def test_too_few_events_are_said_in_a_sentence(events, sentence):
    with pytest.raises(NotEstimable, match=sentence):
        fit_hawkes(events, 10.0)


@pytest.mark.parametrize("events", [[np.array([2.0, 1.0])], [np.array([11.0])], [np.array([-1.0])]])
def test_events_out_of_order_or_outside_the_window_are_refused(events):
    with pytest.raises(ParameterError, match="ascending order within"):
        log_likelihood(HawkesParameters(np.ones(1), np.zeros((1, 1)), np.ones(1)), events, 10.0)


def test_spreading_ties_keeps_every_act_on_its_day():
    counts = np.array([[2.0, 0.0], [0.0, 1.0], [3.0, 0.0]])
    first, second = spread_within_day(counts, np.random.default_rng(0))
    assert np.floor(first).tolist() == [0, 0, 2, 2, 2]
    assert np.floor(second).tolist() == [1]
    assert len(np.unique(first)) == 5


def test_result_is_plain_json(stored):
    part = [times[times <= 500] for times in stored]
    result = fit_hawkes(part, 500.0, decay=1.0).to_dict()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["standard_errors"]["decay"] == [None, None]


def test_ties_are_refused_and_the_daily_model_is_named():
    rng = np.random.default_rng(0)
    days = [np.sort(rng.integers(0, 1500, 200)).astype(float) for _ in range(2)]
    with pytest.raises(ParameterError, match=r"\d+ of 400 events have the time of another.*Use fit_daily"):
        fit_hawkes(days, 1500.0)
    between = [np.linspace(1, 99, 30), np.linspace(1, 99, 30) + np.r_[0, np.full(29, 0.1)]]
    with pytest.raises(ParameterError, match="1 of 60 events"):
        fit_hawkes(between, 100.0)


def test_a_parameter_on_a_limit_of_the_search_is_named_and_not_converged():
    # every event of the second side follows one of the first by almost nothing: the decay has no upper end
    first = np.sort(np.random.default_rng(1).uniform(0, 1000, 60))
    fit = fit_hawkes([first, first + 1e-9], 1000.0)
    assert "decay" in fit.on_limit
    assert not fit.is_converged
    apart = HawkesParameters(np.array([0.5, 0.5]), np.array([[0.4, 0.0], [0.0, 0.4]]), np.ones(2))
    fits = [fit_hawkes(simulate_hawkes(apart, 1500.0, np.random.default_rng(k)), 1500.0) for k in range(6)]
    zero = [f for f in fits if f.parameters.branching[0, 1] == 0]
    assert zero
    assert all("branching 1->0" in f.on_limit and f.is_converged for f in zero)  # zero is an estimate


def marked(seed: int, horizon: float = 3000.0) -> tuple[np.ndarray, np.ndarray]:
    """A self-exciting process whose events excite by their marks (mean one), by generations."""
    rng = np.random.default_rng(seed)
    times, marks, generation = [], [], rng.uniform(0, horizon, rng.poisson(0.2 * horizon))
    while len(generation):
        weight = rng.exponential(1.0, len(generation))
        times.append(generation)
        marks.append(weight)
        parents = np.repeat(generation, rng.poisson(0.5 * weight))
        children = parents + rng.exponential(1.0, len(parents))
        generation = children[children <= horizon]
    joined, weights = np.concatenate(times), np.concatenate(marks)
    order = np.argsort(joined)
    return joined[order], weights[order]


def test_marks_make_some_events_excite_more():
    gains, ratios = [], []
    for seed in range(5):
        times, marks = marked(seed)
        plain, fit = fit_hawkes([times], 3000.0), fit_hawkes([times], 3000.0, marks=[marks])
        gains.append(fit.log_likelihood - plain.log_likelihood)
        ratios.append(fit.parameters.branching[0, 0])
        scaled = fit_hawkes([times], 3000.0, marks=[7 * marks])
        assert scaled.log_likelihood == pytest.approx(fit.log_likelihood)
        tests = time_rescaling_tests(fit.parameters, [times], 3000.0, marks=[marks])
        assert tests[0].p_value > 1e-3
    assert min(gains) > 5
    assert np.mean(ratios) == pytest.approx(0.5, abs=0.06)
    same = fit_hawkes([times], 3000.0, marks=[np.full(len(times), 3.0)])
    assert same.log_likelihood == pytest.approx(plain.log_likelihood)


def test_drivers_take_what_would_pass_for_excitation():
    """Both sides act more in the same tenth of the window and do not answer each other."""
    rng, horizon = np.random.default_rng(4), 2000.0
    driver = (np.arange(100) % 10 == 3).astype(float)
    events = []
    for _ in range(2):
        calm, busy = rng.uniform(0, horizon, 200), rng.uniform(0, 20.0, 300)
        events.append(np.sort(np.r_[calm, 20.0 * rng.choice(np.flatnonzero(driver), 300) + busy]))
    without = fit_hawkes(events, horizon)
    fit = fit_hawkes(events, horizon, drivers={"crisis": driver})
    assert without.parameters.branching.sum() > 1.2
    assert fit.parameters.branching.sum() < 0.35
    assert fit.log_likelihood > without.log_likelihood + 20
    assert fit.n_parameters == without.n_parameters + 2
    np.testing.assert_allclose(fit.parameters.drivers[:, 0], 1.5, rtol=0.25)  # 300 more in 200 units of time
    at_end = compensator_at_events(fit.parameters, events, horizon, drivers={"crisis": driver})
    assert at_end[0][-1] == pytest.approx(500, rel=0.02)
    never = fit_hawkes(events, horizon, drivers={"crisis": driver, "never": np.zeros(100)})
    assert never.parameters.drivers[0, 1] == 0
    assert never.log_likelihood == pytest.approx(fit.log_likelihood, abs=1e-4)


def test_gradient_with_marks_and_drivers_is_the_slope_of_the_likelihood():
    rng = np.random.default_rng(5)
    events = [np.sort(rng.uniform(0, 30, 15)), np.sort(rng.uniform(0, 30, 12))]
    options = {
        "marks": [rng.exponential(1, 15), rng.exponential(1, 12)],
        "drivers": {"x": rng.uniform(0, 2, 7), "z": rng.uniform(0, 2, 7)},
    }
    at = HawkesParameters(
        rng.uniform(0.1, 1, 2), rng.uniform(0, 0.8, (2, 2)), rng.uniform(0.3, 3, 2), rng.uniform(0, 1, (2, 2))
    )
    gradient = log_likelihood_and_gradient(at, events, 30.0, **options)[1]
    for name in ("baseline", "branching", "decay", "drivers"):
        for place in np.ndindex(getattr(at, name).shape):
            values = []
            for sign in (1, -1):
                moved = getattr(at, name).copy()
                moved[place] += sign * 1e-6
                values.append(log_likelihood(replace(at, **{name: moved}), events, 30.0, **options))
            slope = (values[0] - values[1]) / 2e-6
            assert getattr(gradient, name)[place] == pytest.approx(slope, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"marks": [np.ones(3)]}, "Give one array for each side"),
        ({"marks": [np.ones(3), np.ones(30)]}, "one finite value of zero or more for each of its 30 events"),
        ({"marks": [np.zeros(30), np.ones(30)]}, "all are zero"),
        ({"drivers": {"x": np.array([1.0, -1.0])}}, "driver 'x': has values below zero"),
        ({"drivers": {"x": np.ones(3), "z": np.ones(4)}}, "driver 'z' of shape"),
        ({"decay": 0.0}, "decay 0.0: not positive"),
    ],
)
def test_wrong_marks_and_drivers_are_refused(options, sentence):
    rng = np.random.default_rng(6)
    events = [np.sort(rng.uniform(0, 100, 30)) for _ in range(2)]
    with pytest.raises(ParameterError, match=sentence):
        fit_hawkes(events, 100.0, **options)


@pytest.mark.real
def test_retweets_as_stelfi_fits_them(real_data):
    """Vignette of the package stelfi: rate .06328, alpha .07595, beta .07910 a minute."""
    times = np.unique(read_vectors(real_data("validation/retweets_niwa.rda"))["retweets_niwa"]) / 60
    times = times - times[0]
    fit = fit_hawkes([times], float(times[-1]), min_events=10)
    beta = fit.parameters.decay[0]
    assert fit.parameters.baseline[0] == pytest.approx(0.06328, abs=2e-4)
    assert beta == pytest.approx(0.07910, abs=2e-4)
    assert fit.parameters.branching[0, 0] * beta == pytest.approx(0.07595, abs=2e-4)
