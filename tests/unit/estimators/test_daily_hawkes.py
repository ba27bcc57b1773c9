"""Daily counts with ties: the likelihood by its definition, its gradient, families, links and gates."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    expected_counts,
    fit_daily,
    problems,
    simulate_daily,
)
from retorsion.estimators.drivers import days_around, decaying_response, since
from scipy import stats

START = date(2020, 1, 1)


def data_of(counts: object, **covariates: np.ndarray) -> DailyData:
    return DailyData(("A", "B"), START, np.asarray(counts, dtype=float), covariates)


def drawn(n_days: int, seed: int, model: DailyModel, **changes: object) -> tuple[DailyData, DailyParameters]:
    """A series with a known truth; its step covariate sets in after two fifths of the window."""
    step = (np.arange(n_days) >= 0.4 * n_days).astype(float)
    truth = DailyParameters(
        np.array([[-3.0, 1.0], [-3.2, 0.8]]),
        np.array([[0.3, 0.15], [0.35, 0.2]]),
        np.full((2, 2), 3.0),
        np.array([0.8, 0.5]) if model.family == "negative_binomial" else np.zeros(2),
    )
    truth = replace(truth, **changes)
    empty = data_of(np.zeros((n_days, 2)), step=step)
    return simulate_daily(empty, model, truth, np.random.default_rng(seed)), truth


def definition(data: DailyData, model: DailyModel, p: DailyParameters) -> float:
    """Log-likelihood with the kernel summed out day by day."""
    decay = 0.5 ** (1 / p.half_life_days)
    total = 0.0
    for t in range(data.n_days):
        for i in (0, 1):
            x = [1.0, *(data.covariates[name][t] for name in model.covariates)]
            mean = float(np.exp(np.dot(p.effects[i], x)))
            for j in (0, 1):
                for s in range(t):
                    kernel = (1 - decay[i, j]) * decay[i, j] ** (t - s - 1)
                    mean += p.branching[i, j] * kernel * data.counts[s, j]
            y = data.counts[t, i]
            if model.family == "poisson":
                total += stats.poisson.logpmf(y, mean)
            elif model.family == "negative_binomial":
                size = 1 / p.dispersion[i]
                total += stats.nbinom.logpmf(y, size, size / (size + mean))
            else:
                total += np.log(1 - np.exp(-mean)) if y else -mean
    return float(total)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["poisson", "negative_binomial", "bernoulli"]),
    st.sampled_from(["common", "receiver", "link"]),
    st.integers(0, 2**32 - 1),
)
def test_likelihood_follows_the_definition_and_its_derivatives_the_likelihood(family, sharing, seed):
    rng = np.random.default_rng(seed)
    model = DailyModel(family=family, decay_sharing=sharing, covariates=("x",))
    counts = rng.poisson(0.7, (30, 2))
    counts[0, :] = 1
    data = data_of(np.minimum(counts, 1) if family == "bernoulli" else counts, x=rng.normal(size=30))
    value, parameters = 0.0, None
    for problem in problems(data, model):
        x = rng.uniform(0.2, 0.9, len(problem.names))
        at = problem.unpack(x)
        parameters = at if parameters is None else merged(parameters, at, problem.receivers)
        own, gradient, information = problem.evaluate(x)
        value += own
        for k in range(len(x)):
            up, down = x.copy(), x.copy()
            up[k] += 1e-6
            down[k] -= 1e-6
            slope = (problem.evaluate(up)[0] - problem.evaluate(down)[0]) / 2e-6
            assert gradient[k] == pytest.approx(slope, rel=1e-4, abs=1e-4)
            bend = (problem.evaluate(down)[1] - problem.evaluate(up)[1]) / 2e-6
            np.testing.assert_allclose(information[k], bend, rtol=1e-4, atol=1e-4)
    assert parameters is not None
    assert value == pytest.approx(definition(data, model, parameters), rel=1e-10)


def merged(whole: DailyParameters, part: DailyParameters, receivers: np.ndarray) -> DailyParameters:
    arrays = {}
    for name in ("effects", "branching", "half_life_days", "dispersion"):
        arrays[name] = getattr(whole, name).copy()
        arrays[name][receivers] = getattr(part, name)[receivers]
    return DailyParameters(**arrays)


def test_acts_of_one_day_do_not_explain_each_other():
    """Swapping the two sides' acts of a single day with no other acts changes no conditional mean."""
    model = DailyModel()
    p = DailyParameters(np.full((2, 1), -2.0), np.full((2, 2), 0.4), np.full((2, 2), 2.0), np.zeros(2))
    same_day = np.zeros((10, 2))
    same_day[4] = 1
    means = expected_counts(data_of(same_day), model, p)
    np.testing.assert_allclose(means[:5], np.exp(-2.0))
    assert means[5, 0] > means[6, 0] > np.exp(-2.0)


def test_kernel_sums_to_one_and_halves_in_its_half_life():
    model = DailyModel()
    p = DailyParameters(
        np.full((2, 1), -30.0), np.array([[0.0, 0.7], [0.0, 0.0]]), np.full((2, 2), 3.0), np.zeros(2)
    )
    counts = np.zeros((200, 2))
    counts[0, 1] = 1
    response = expected_counts(data_of(counts), model, p)[:, 0]
    assert response.sum() == pytest.approx(0.7, abs=1e-9)
    assert response[4] == pytest.approx(response[1] / 2)
    assert response[1:4].sum() == pytest.approx(0.35)


def test_no_links_is_poisson_regression():
    data, _ = drawn(600, 1, DailyModel(covariates=("step",)))
    fit = fit_daily(data, DailyModel(links="none", covariates=("step",)))
    before = data.covariates["step"] == 0
    for i in (0, 1):
        low, high = data.counts[before, i].mean(), data.counts[~before, i].mean()
        np.testing.assert_allclose(fit.parameters.effects[i], [np.log(low), np.log(high / low)], rtol=1e-5)
    assert fit.n_parameters == 4
    assert fit.parameters.spectral_radius == 0


@pytest.mark.parametrize("family", ["poisson", "negative_binomial", "bernoulli"])
def test_recovers_a_known_truth(family):
    model = DailyModel(family=family, covariates=("step",))
    data, truth = drawn(4000, 5, model)
    fit = fit_daily(data, model)
    assert fit.is_converged
    for name in ("effects", "branching", "half_life_days"):
        distance = (getattr(fit.parameters, name) - getattr(truth, name)) / getattr(fit.standard_errors, name)
        assert np.abs(distance).max() < 3.2, name


def test_omitting_a_shared_shock_passes_for_excitation():
    """Two sides that only follow one calendar: without it, each seems to answer the other."""
    rng = np.random.default_rng(2)
    shock = decaying_response([date(2021, 3, 1)], START, date(2023, 12, 31), half_life_days=60)
    counts = rng.poisson(np.exp(-4.5 + 3.5 * shock)[:, None] * np.ones(2))
    data = data_of(counts, shock=shock)
    without = fit_daily(data, DailyModel())
    with_it = fit_daily(data, DailyModel(covariates=("shock",)))
    assert without.parameters.spectral_radius > 0.6
    assert with_it.parameters.spectral_radius < 0.35
    assert with_it.aic < without.aic - 20


def test_links_can_be_left_out():
    data, _ = drawn(800, 7, DailyModel(covariates=("step",)))
    own = fit_daily(data, DailyModel(links="own", covariates=("step",)))
    assert own.parameters.branching[0, 1] == own.parameters.branching[1, 0] == 0
    one_way = fit_daily(data, DailyModel(without=(("A", "B"),), covariates=("step",)))
    assert one_way.parameters.branching[1, 0] == 0
    assert one_way.parameters.branching[0, 1] > 0
    whole = fit_daily(data, DailyModel(covariates=("step",)))
    assert own.log_likelihood <= one_way.log_likelihood <= whole.log_likelihood
    assert own.n_parameters == whole.n_parameters - 2


def test_link_and_receiver_half_lives_contain_the_common_one():
    data, _ = drawn(800, 8, DailyModel(covariates=("step",)))
    values = [
        fit_daily(data, DailyModel(covariates=("step",), decay_sharing=sharing)).log_likelihood
        for sharing in ("common", "receiver", "link")
    ]
    assert values[0] <= values[1] + 1e-6
    assert values[1] <= values[2] + 1e-6


def test_fixed_half_life_is_kept():
    data, _ = drawn(800, 8, DailyModel(covariates=("step",)))
    fit = fit_daily(data, DailyModel(covariates=("step",), half_life_days=5.0))
    assert (fit.parameters.half_life_days == 5).all()
    assert fit.n_parameters == fit_daily(data, DailyModel(covariates=("step",))).n_parameters - 1


def test_covariate_that_never_moves_is_no_parameter():
    data, _ = drawn(600, 9, DailyModel(covariates=("step",)))
    data = replace(data, covariates={"step": data.covariates["step"], "flat": np.ones(600)})
    flat = fit_daily(data, DailyModel(covariates=("step", "flat")))
    plain = fit_daily(data, DailyModel(covariates=("step",)))
    assert flat.n_parameters == plain.n_parameters
    assert flat.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-6)
    assert (flat.parameters.effects[:, 2] == 0).all()


def test_half_life_of_nothing_is_named():
    rng = np.random.default_rng(12)
    data = DailyData(("A",), START, rng.poisson(0.1, (500, 1)).astype(float))
    fits = []
    for seed in range(20):
        counts = np.random.default_rng(seed).poisson(0.1, (500, 1)).astype(float)
        fits.append(fit_daily(replace(data, counts=counts), DailyModel(links="own")))
    nothing = [fit for fit in fits if fit.parameters.branching[0, 0] == 0]
    assert nothing
    for fit in nothing:
        assert fit.undefined == ("half-life",)
        assert np.isfinite(fit.standard_errors.effects).all()
        assert "half-life" not in fit.on_limit


def test_two_runs_give_the_same_numbers():
    model = DailyModel(covariates=("step",), decay_sharing="link")
    first, second = (fit_daily(drawn(700, 3, model)[0], model).to_dict() for _ in range(2))
    assert json.dumps(first) == json.dumps(second)


def quiet(n_a: int, n_b: int, n_days: int = 300) -> DailyData:
    counts = np.zeros((n_days, 2))
    counts[:n_a, 0] = 1
    counts[:n_b, 1] = 1
    return data_of(counts)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (quiet(0, 0), "No act of A or B is recorded from 2020-01-01 to 2020-10-26"),
        (quiet(1, 0), "A single act is recorded"),
        (quiet(40, 0), "B never acts"),
        (quiet(40, 5), r"B has 5 acts on 5 days .* at least 15 acts on 10 days are needed"),
    ],
)
def test_thin_data_are_said_in_a_sentence(data, sentence):
    with pytest.raises(NotEstimable, match=sentence):
        fit_daily(data, DailyModel())


def test_packages_on_few_days_are_not_enough():
    counts = np.zeros((300, 2))
    counts[::10, 0] = 1
    counts[[5, 50], 1] = 20
    with pytest.raises(NotEstimable, match="40 acts on 2 days"):
        fit_daily(data_of(counts), DailyModel())


def test_wrong_input_is_refused():
    counts = np.ones((50, 2))
    with pytest.raises(ParameterError, match="not whole numbers"):
        fit_daily(data_of(counts * 0.5), DailyModel())
    with pytest.raises(ParameterError, match="above one"):
        fit_daily(data_of(counts * 2), DailyModel(family="bernoulli"))
    with pytest.raises(ParameterError, match=r"covariates \['war'\]"):
        fit_daily(data_of(counts), DailyModel(covariates=("war",)))
    with pytest.raises(ParameterError, match="one finite value"):
        data_of(counts, war=np.zeros(49))
    with pytest.raises(ParameterError, match="one column for each side"):
        DailyData(("A",), START, counts)


def test_explosive_process_is_said_to_explode():
    data = data_of(np.zeros((3000, 2)))
    p = DailyParameters(np.full((2, 1), -2.0), np.full((2, 2), 0.9), np.full((2, 2), 1.0), np.zeros(2))
    with pytest.raises(NotEstimable, match=r"explodes \(spectral radius 1\.80\)"):
        simulate_daily(data, DailyModel(), p, np.random.default_rng(0))


def test_drivers():
    end = date(2020, 1, 10)
    assert since(date(2020, 1, 4), START, end).tolist() == [0] * 3 + [1] * 7
    assert since(date(2019, 1, 4), START, end).all()
    near = days_around([date(2020, 1, 4), date(2020, 1, 5)], START, end, before=1, after=2)
    assert near.tolist() == [0, 0, 1, 1, 1, 1, 1, 0, 0, 0]
    response = decaying_response([date(2020, 1, 4)], START, end, half_life_days=2, lead_days=1)
    np.testing.assert_allclose(response[:6], [0, 0, 1, 1, 2**-0.5, 0.5])
    twice = decaying_response([date(2019, 12, 30), date(2020, 1, 1)], START, end, half_life_days=2)
    assert twice[0] == pytest.approx(1.5)
    with pytest.raises(ParameterError, match="half-life"):
        decaying_response([START], START, end, half_life_days=0)
    with pytest.raises(ParameterError, match="ends before it starts"):
        since(START, end, START)
