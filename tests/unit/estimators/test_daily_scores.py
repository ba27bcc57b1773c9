"""Models of daily counts side by side, in the window and on days they have not seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from retorsion.errors import ParameterError
from retorsion.estimators.daily_hawkes import DailyData, DailyModel, DailyParameters, simulate_daily
from retorsion.estimators.daily_scores import compare_daily_models, daily_log_scores, paired_scores
from scipy import stats

START = date(2020, 1, 1)


def drawn(seed: int, branching: list[list[float]], *, n_days: int = 1500) -> DailyData:
    truth = DailyParameters(
        np.array([[-2.5], [-2.5]]), np.array(branching), np.full((2, 2), 2.0), np.zeros(2)
    )
    empty = DailyData(("A", "B"), START, np.zeros((n_days, 2)))
    return simulate_daily(empty, DailyModel(), truth, np.random.default_rng(seed))


def test_log_scores_are_of_the_next_day_given_the_past():
    data = drawn(8, [[0.2, 0.1], [0.1, 0.2]])
    first = START + timedelta(days=1000)
    scores = daily_log_scores(data, DailyModel(links="none"), first, n_refits=1, min_acts=5, min_days=5)
    means = data.counts[:1000].mean(axis=0)
    expected = stats.poisson.logpmf(data.counts[1000:], means).sum(axis=1)
    np.testing.assert_allclose(scores, expected, rtol=1e-5)


MODELS = {"constant": DailyModel(links="none"), "own": DailyModel(links="own"), "all": DailyModel()}


def test_comparison_prefers_the_model_the_data_came_from():
    data = drawn(9, [[0.5, 0.2], [0.3, 0.4]], n_days=2500)
    table = compare_daily_models(data, MODELS)
    best = table.row(2, named=True)
    assert best["model"] == "all"
    assert best["aic_difference"] == best["bic_difference"] == 0
    splits = [START + timedelta(days=1600), START + timedelta(days=2000)]
    against = {"own": ["constant"], "all": ["constant", "own"]}
    scores = paired_scores(data, MODELS, against, first_test_days=splits, n_refits=2, block_days=30)
    assert scores.select("model", "against", "first_test_day").rows() == [
        (name, other, day) for day in splits for name, others in against.items() for other in others
    ]
    first = scores.row(1, named=True)
    assert (first["n_test_days"], first["n_blocks"]) == (900, 30)
    assert first["lower"] > 0
    assert first["gain"] == pytest.approx((first["lower"] + first["upper"]) / 2)
    half = stats.t.ppf(0.975, 29) * first["gain_se"]
    assert first["upper"] - first["gain"] == pytest.approx(half)


def test_error_of_a_gain_is_that_of_sums_over_blocks():
    data = drawn(3, [[0.3, 0.1], [0.2, 0.3]])
    split = START + timedelta(days=1101)
    row = paired_scores(
        data, MODELS, {"all": ["constant"]}, first_test_days=[split], n_refits=1, block_days=100
    ).row(0, named=True)
    one, other = (
        daily_log_scores(data, MODELS[name], split, n_refits=1, min_acts=15, min_days=10)
        for name in ("all", "constant")
    )
    sums = [(one - other)[k : k + 100].sum() for k in (0, 100, 200, 300)]
    assert len(one) == 399
    assert row["gain_se"] == pytest.approx(np.sqrt(4 * np.var(sums, ddof=1)))
    assert row["log_score"] == pytest.approx(one.sum())
    alone = paired_scores(
        data, MODELS, {"all": ["constant"]}, first_test_days=[split], n_refits=1, block_days=999
    ).row(0, named=True)
    assert alone["gain"] == pytest.approx(row["gain"])
    assert alone["gain_se"] is None


def test_comparison_says_why_a_score_is_missing():
    data = drawn(10, [[0.2, 0.1], [0.1, 0.2]])
    late = replace(data, counts=np.where(np.arange(data.n_days)[:, None] < 700, 0, data.counts))
    table = paired_scores(late, MODELS, {"all": ["own"]}, first_test_days=[START + timedelta(days=600)])
    assert table["log_score"].is_null().all()
    assert table["note"][0].startswith("No score out of sample: No act of A or B")


def test_models_of_different_data_are_not_compared():
    data = drawn(10, [[0.2, 0.1], [0.1, 0.2]])
    both = {"a": DailyModel(), "b": DailyModel(family="bernoulli")}
    with pytest.raises(ParameterError, match="Bernoulli and count"):
        compare_daily_models(data, both)
    with pytest.raises(ParameterError, match="Bernoulli and count"):
        paired_scores(data, both, {"a": ["b"]}, first_test_days=[START + timedelta(days=600)])
    with pytest.raises(ParameterError, match="must lie inside"):
        paired_scores(data, MODELS, {"all": ["own"]}, first_test_days=[START])
