"""Things of which the number is known, caught by lists that are independent, heterogeneous or dependent."""

from __future__ import annotations

import numpy as np
from retorsion.estimators.capture_recapture import chao_lower_bound, chapman

TOTAL = 120


def two_lists(rng: np.random.Generator, how: str) -> np.ndarray:
    """Whether each of the things is on either list."""
    chance = np.full((TOTAL, 2), (0.5, 0.3))
    if how == "heterogeneous":  # half of the things are easy to find for both
        easy = (np.arange(TOTAL) < TOTAL / 2)[:, None]
        chance = np.where(easy, (0.8, 0.55), (0.2, 0.05))
    first = rng.random(TOTAL) < chance[:, 0]
    if how == "dependent":  # what stands on the first list is taken over by the second twice as readily
        chance[:, 1] = np.where(first, 0.4, 0.2)
    if how == "avoiding":
        chance[:, 1] = np.where(first, 0.2, 0.4)
    return np.column_stack([first, rng.random(TOTAL) < chance[:, 1]])


def studied(how: str, n: int = 600) -> tuple[float, float]:
    """Mean total of Chapman's estimate, and share of intervals that hold the true one."""
    totals, held = [], 0
    for k in range(n):
        caught = two_lists(np.random.default_rng((5, k)), how)
        a, b = caught.sum(axis=0)
        found = chapman(int(a), int(b), int(caught.all(axis=1).sum()))
        totals.append(found.total)
        held += found.lower <= TOTAL <= found.upper
    return float(np.mean(totals)), held / n


def test_independent_lists_give_back_the_total_and_intervals_hold_it():
    mean, held = studied("independent")
    assert abs(mean / TOTAL - 1) < 0.03
    assert 0.90 <= held <= 0.99


def test_what_is_easy_to_find_and_lists_that_copy_make_the_total_too_small():
    for how in ("heterogeneous", "dependent"):
        mean, held = studied(how)
        assert mean < 0.92 * TOTAL, how
        assert held < 0.90, how


def test_lists_that_avoid_one_another_make_it_too_large():
    mean, _ = studied("avoiding")
    assert mean > 1.1 * TOTAL


def three_lists(rng: np.random.Generator, *, spread: float) -> np.ndarray:
    ease = np.clip(rng.normal(1.0, spread, TOTAL), 0.02, None)[:, None]
    return rng.random((TOTAL, 3)) < np.clip(ease * (0.5, 0.25, 0.2), 0, 0.95)


def test_chao_bounds_from_below_with_lists_of_unequal_length():
    for spread, low, high in ((0.0, 0.95, 1.05), (0.8, 0.6, 0.97)):
        totals, seen, below = [], [], 0
        for k in range(400):
            caught = three_lists(np.random.default_rng((6, k)), spread=spread)
            found = chao_lower_bound(caught[caught.any(axis=1)])
            totals.append(found.total)
            seen.append(found.n_seen)
            below += found.lower <= TOTAL
        assert low < np.mean(totals) / TOTAL < high
        assert np.mean(totals) > np.mean(seen)
        assert below / 400 > 0.95


def test_the_share_of_another_list_is_the_recall_where_capture_is_even_and_too_high_where_not():
    for how, low, high in (
        ("independent", -0.02, 0.02),
        ("heterogeneous", 0.1, 0.4),
        ("dependent", 0.05, 0.4),
    ):
        excess = []
        for k in range(400):
            caught = two_lists(np.random.default_rng((8, k)), how)
            excess.append(caught[caught[:, 1], 0].mean() - caught[:, 0].mean())
        assert low < np.mean(excess) < high, how
