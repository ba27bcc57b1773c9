"""The bootstrap test of a link, and the size and coverage that are told of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    fit_daily,
    simulate_daily,
)
from retorsion.estimators.daily_tests import likelihood_ratio, reliability

START = date(2020, 1, 1)
CALENDAR = (np.arange(1200) % 40 < 9).astype(float)


def drawn(seed: int, branching: list[list[float]], *, effect: float = 0.0) -> DailyData:
    """Sides that react to a calendar with the same effect."""
    model = DailyModel(covariates=("calendar",), family="negative_binomial", decay_sharing="receiver")
    truth = DailyParameters(
        np.array([[-2.8, effect], [-2.8, effect]]), np.array(branching), np.full((2, 2), 1.0), np.full(2, 2.0)
    )
    empty = DailyData(("A", "B"), START, np.zeros((1200, 2)), {"calendar": CALENDAR})
    return simulate_daily(empty, model, truth, np.random.default_rng(seed))


MODEL = DailyModel(family="negative_binomial", decay_sharing="receiver")


def ratio_test(data: DailyData, *without: tuple[str, str], n_draws: int):
    smaller, larger = fit_daily(data, replace(MODEL, without=without)), fit_daily(data, MODEL)
    return likelihood_ratio(data, smaller, larger, n_draws=n_draws, rng=np.random.default_rng(0))


def test_a_link_that_is_there_is_found_with_all_draws():
    found = ratio_test(drawn(1, [[0.1, 0.0], [0.7, 0.1]]), ("A", "B"), n_draws=59)
    assert (found.n_links, found.n_draws) == (1, 59)
    assert found.p_value == pytest.approx(1 / 60)
    assert found.statistic > 8


def test_drawing_stops_where_the_answer_is_no():
    data = drawn(3, [[0.1, 0.0], [0.0, 0.1]])
    found = ratio_test(data, ("A", "B"), n_draws=199)
    assert found.p_value > 0.1
    assert found.n_draws < 199
    assert found.p_value == pytest.approx(20 / found.n_draws)
    again = ratio_test(data, ("A", "B"), n_draws=199)
    assert again == found
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_no_excitation_at_all_can_be_tested_though_no_half_life_is_left():
    data = drawn(4, [[0.4, 0.0], [0.5, 0.2]])
    nothing, whole = fit_daily(data, replace(MODEL, links="none")), fit_daily(data, MODEL)
    found = likelihood_ratio(data, nothing, whole, n_draws=39, rng=np.random.default_rng(0))
    assert found.n_links == 4
    assert found.p_value == pytest.approx(1 / 40)


def test_models_that_differ_in_more_than_links_are_refused():
    data = drawn(1, [[0.1, 0.0], [0.7, 0.1]])
    whole, own = fit_daily(data, MODEL), fit_daily(data, replace(MODEL, links="own"))
    rng = np.random.default_rng(0)
    for smaller, larger in ((whole, own), (whole, whole), (fit_daily(data, DailyModel(links="own")), whole)):
        with pytest.raises(ParameterError, match="smaller must be the larger without some links"):
            likelihood_ratio(data, smaller, larger, n_draws=9, rng=rng)


def test_reliability_names_what_it_was_asked():
    data = drawn(5, [[0.1, 0.2], [0.2, 0.1]], effect=0.5)
    fit = fit_daily(data, replace(MODEL, covariates=("calendar",)))
    options = {"source": "A", "receiver": "B", "n_records": 12, "rng": np.random.default_rng(1)}
    found = reliability(data, fit, ratio=0.2, omitted=["calendar"], **options)  # type: ignore[arg-type]
    assert (found.source, found.receiver, found.omitted, found.n) == ("A", "B", ("calendar",), 12)
    assert 0 <= found.size_lower <= found.size <= found.size_upper <= 1
    assert found.coverage_lower <= found.coverage <= found.coverage_upper
    with pytest.raises(ParameterError, match=r"omitted \['war'\]: not in the model"):
        reliability(data, fit, ratio=0.2, omitted=["war"], **options)  # type: ignore[arg-type]
    with pytest.raises(NotEstimable, match="more than the"):
        reliability(data, fit, ratio=9.0, **options)  # type: ignore[arg-type]
