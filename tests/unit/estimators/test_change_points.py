"""Change points: exact optimum against another library, uncertainty, and what is too thin."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
import ruptures
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.change_points import bootstrap_changes, change_positions, dispersion_within, regimes
from scipy import special


def weeks(n: int) -> list[date]:
    return [date(2020, 1, 6) + timedelta(weeks=k) for k in range(n)]


class PoissonCost(ruptures.base.BaseCost):
    """The same cost for an independent optimiser."""

    model = "poisson"
    min_size = 2

    def fit(self, signal: np.ndarray) -> PoissonCost:
        self.signal = signal
        return self

    def error(self, start: int, end: int) -> float:
        total = self.signal[start:end].sum()
        return float(-2 * special.xlogy(total, total / (end - start)))


def cost_of(values: np.ndarray, ends: list[int]) -> float:
    cost = PoissonCost().fit(values)
    return sum(cost.error(begin, end) for begin, end in pairwise([0, *ends]))


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 8), min_size=12, max_size=30), st.floats(0.5, 20))
def test_cuts_are_the_optimum_of_an_independent_optimiser(counts, penalty):
    values = np.array(counts, dtype=float)
    if values.sum() < 10:
        return
    result = regimes(values, weeks(len(values)), penalty=penalty, max_changes=4)
    exact = ruptures.Dynp(custom_cost=PoissonCost(), min_size=2, jump=1).fit(values)
    for k, deviance in result.by_number.select("n_changes", "deviance").rows():
        best = exact.predict(n_bkps=k) if k else [len(values)]
        assert deviance == pytest.approx(cost_of(values, best), abs=1e-8)
    cuts = [weeks(len(values)).index(day) for day in result.changes["period_start"]]
    assert cost_of(values, [*cuts, len(values)]) + penalty * len(cuts) == pytest.approx(
        result.by_number["penalised"].min(), abs=1e-8
    )


def test_a_clear_change_is_found_placed_and_described():
    counts = np.array([0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 6, 7, 5, 8, 6, 7, 6, 5, 7, 6], dtype=float)
    result = regimes(counts, weeks(20))
    row = result.changes.row(0, named=True)
    assert result.n_changes == 1
    assert row["period_start"] == row["lower"] == row["upper"] == weeks(20)[10]
    assert row["probability"] > 0.99
    assert row["rate_before"] == pytest.approx(0.3)
    assert row["rate_after"] == pytest.approx(6.3)
    assert result.segments["n_acts"].to_list() == [3, 63]
    assert result.segments["period_end"].to_list() == [weeks(20)[9], weeks(20)[19]]
    assert result.by_number.filter(pl.col("bic_difference") == 0)["n_changes"].to_list() == [1]
    # the gain is what the cost loses without the change
    deviance = result.by_number["deviance"]
    assert row["gain"] == pytest.approx(deviance[0] - deviance[1])
    assert json.dumps(result.to_dict(), allow_nan=False)


def test_a_vague_change_has_a_wide_set():
    counts = np.array([1, 2, 1, 2, 1, 2, 3, 2, 3, 3, 4, 3, 4, 5], dtype=float)
    row = regimes(counts, weeks(14), penalty=0.1, max_changes=1).changes.row(0, named=True)
    assert (row["upper"] - row["lower"]).days >= 28
    assert row["probability"] < 0.6


def test_a_steady_side_has_one_regime():
    result = regimes(np.random.default_rng(0).poisson(2, 100).astype(float), weeks(100))
    assert result.n_changes == 0
    assert result.changes.is_empty()
    assert result.segments["n_periods"].to_list() == [100]
    with pytest.raises(NotEstimable, match="No change of regime"):
        bootstrap_changes(result, weeks(100), n_draws=5, rng=np.random.default_rng(0))


def test_positions_are_the_posterior_under_the_jeffreys_prior():
    counts = np.array([1, 0, 2, 5, 4, 6], dtype=float)
    places, probability = change_positions(counts, 0, 6, 2)
    weight = []
    for place in places:
        left, right = counts[:place].sum(), counts[place:].sum()
        weight.append(
            special.gamma(left + 0.5)
            / place ** (left + 0.5)
            * special.gamma(right + 0.5)
            / (6 - place) ** (right + 0.5)
        )
    np.testing.assert_allclose(probability, np.array(weight) / np.sum(weight))
    assert places.tolist() == [2, 3, 4]


def test_dispersion_keeps_packages_from_being_regimes():
    rng = np.random.default_rng(3)
    packages = rng.poisson(rng.gamma(0.15, size=300) * 4).astype(float)
    naive = regimes(packages, weeks(300))
    dispersion = dispersion_within(packages, 3)
    careful = regimes(packages, weeks(300), dispersion=dispersion)
    assert dispersion > 2
    assert naive.n_changes >= 2
    assert careful.n_changes == 0
    assert dispersion_within(rng.poisson(3, 500).astype(float), 0) == pytest.approx(1, abs=0.15)


def test_bootstrap_places_a_clear_change():
    counts = np.random.default_rng(1).poisson(np.repeat([0.3, 3.0], [60, 40])).astype(float)
    fitted = regimes(counts, weeks(100))
    result = bootstrap_changes(fitted, weeks(100), n_draws=60, rng=np.random.default_rng(0))
    row = result.table.row(0, named=True)
    assert row["lower"] <= weeks(100)[60] <= row["upper"]
    assert (row["upper"] - row["lower"]).days <= 42
    assert result.same_number > 0.8


def test_what_is_too_thin_or_wrong():
    with pytest.raises(NotEstimable, match="3 acts in the window; at least 10"):
        regimes(np.array([1.0, 0, 2, 0]), weeks(4))
    with pytest.raises(NotEstimable, match="3 periods are too few"):
        regimes(np.array([10.0, 0, 2]), weeks(3))
    with pytest.raises(ParameterError, match="whole numbers"):
        regimes(np.array([1.5] * 20), weeks(20))
    with pytest.raises(ParameterError, match="one for each period"):
        regimes(np.ones(20), weeks(19))
