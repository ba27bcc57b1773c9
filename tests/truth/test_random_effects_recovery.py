"""Partial pooling of cases: known means and spreads come back, and its limits are no pooling and full pooling."""

from __future__ import annotations

import math

import numpy as np
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators import pool_cases

NAMES = tuple("abcdefghij")


def drawn(
    rng: np.random.Generator, n: int, mean: float, spread: float
) -> tuple[list[float], list[float], np.ndarray]:
    errors = rng.uniform(0.2, 0.6, n)
    truths = rng.normal(mean, spread, n)
    return list(rng.normal(truths, errors)), list(errors), truths


@pytest.mark.parametrize("n", [3, 10])
def test_the_interval_of_the_mean_holds_its_level_and_pooling_lowers_the_error(n: int) -> None:
    rng = np.random.default_rng(n)
    covered, alone, pooled = 0, 0.0, 0.0
    draws = 300
    for _ in range(draws):
        y, s, truths = drawn(rng, n, 1.0, 0.3)
        found = pool_cases(NAMES[:n], y, s)
        covered += found.lower <= 1.0 <= found.upper
        alone += float(np.mean((np.array(y) - truths) ** 2))
        pooled += float(np.mean((found.cases["pooled"].to_numpy() - truths) ** 2))
    assert 0.91 <= covered / draws <= 1.0
    assert pooled < alone


def test_the_spread_comes_back_with_ten_cases() -> None:
    rng = np.random.default_rng(0)
    found = [pool_cases(NAMES, *drawn(rng, 10, 0.0, 0.8)[:2]).spread for _ in range(200)]
    assert abs(float(np.mean(found)) - 0.8) < 0.08


def test_equal_truths_pool_in_full_and_far_ones_hardly() -> None:
    same = pool_cases("abc", [1.0, 1.1, 0.9], [0.5, 0.5, 0.5])
    assert same.spread == 0
    assert set(same.cases["weight"]) == {0.0}
    assert same.cases["pooled"].to_list() == pytest.approx([1.0] * 3)
    far = pool_cases("abc", [-5.0, 0.0, 5.0], [0.1, 0.1, 0.1])
    assert far.cases["weight"].min() > 0.99
    assert far.heterogeneity > 0.99


def test_full_and_no_pooling_are_its_limits() -> None:
    y, s = [0.0, 1.0, 3.0], [0.2, 0.5, 0.4]
    weights = 1 / np.array(s) ** 2
    full = pool_cases("abc", y, s, spread=0.0)
    assert full.mean == pytest.approx(float(weights @ np.array(y) / weights.sum()))
    assert full.cases["pooled"].to_list() == pytest.approx([full.mean] * 3)
    none = pool_cases("abc", y, s, spread=math.inf)
    assert none.cases["pooled"].to_list() == pytest.approx(y)
    assert none.mean == pytest.approx(np.mean(y))
    between = pool_cases("abc", y, s)
    for alone, pooled in zip(y, between.cases["pooled"], strict=True):
        assert min(alone, between.mean) - 1e-9 <= pooled <= max(alone, between.mean) + 1e-9


def test_a_silent_case_takes_the_mean_and_the_widest_interval() -> None:
    found = pool_cases("abcd", [1.0, 2.0, None, 1.5], [0.3, 0.3, None, 0.3])
    silent = found.cases.row(2, named=True)
    assert found.n == 3
    assert (silent["pooled"], silent["weight"]) == (pytest.approx(found.mean), 0.0)
    width = found.cases["upper"] - found.cases["lower"]
    assert width[2] == width.max()


def test_the_held_out_score_prefers_a_spread_where_there_is_one() -> None:
    rng = np.random.default_rng(4)
    gain = []
    for _ in range(50):
        y, s, _ = drawn(rng, 10, 0.0, 1.0)
        found = pool_cases(NAMES, y, s)
        assert found.log_score_pooled is not None
        assert found.log_score_common is not None
        gain.append(found.log_score_pooled - found.log_score_common)
    assert float(np.mean(gain)) > 5


def test_too_few_cases_and_wrong_errors_are_said() -> None:
    with pytest.raises(NotEstimable, match=r"1 case\(s\) have an estimate"):
        pool_cases("ab", [1.0, None], [0.1, None])
    with pytest.raises(ParameterError, match="not positive and finite"):
        pool_cases("ab", [1.0, 2.0], [0.1, 0.0])
    with pytest.raises(ParameterError, match="2 names, 1 estimates"):
        pool_cases("ab", [1.0], [0.1])
