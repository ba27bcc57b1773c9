"""Pairs of acts some days apart, against chance: known pairs, size, power, and input that cannot be used."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.following import pairs_following, pairs_power

DAYS = 1460
BLOCKS = shift_blocks(date(2022, 1, 1), DAYS, block_days=91)
LAGS: dict[str, Any] = {"days_from": 1, "days_to": 7}


def series(n: int, rng: np.random.Generator) -> np.ndarray:
    """Acts on days at random, in packages of one to three, more of them early."""
    counts = np.zeros(DAYS)
    early = rng.random(n) < 0.4
    days = np.where(early, rng.integers(0, 91, n), rng.integers(0, DAYS, n))
    np.add.at(counts, days, rng.integers(1, 4, n))
    return counts


def test_pairs_are_those_of_the_lags() -> None:
    source, receiver = np.zeros(DAYS), np.zeros(DAYS)
    source[[10, 50]] = 1, 2
    receiver[[10, 11, 17, 18, 57]] = 1
    found = pairs_following(
        source, receiver, **LAGS, blocks=BLOCKS, n_permutations=99, rng=np.random.default_rng(1)
    )
    # 10 to 11 and 17, not to 10 or 18; 50 (twice) to 57
    assert found.n_pairs == 2 + 2
    assert (found.n_source, found.n_receiver) == (3, 5)


def test_independent_sides_are_seldom_told_to_follow() -> None:
    rng = np.random.default_rng(7)
    p_values = [
        pairs_following(
            series(40, rng), series(25, rng), **LAGS, blocks=BLOCKS, n_permutations=99, rng=rng
        ).p_value
        for _ in range(200)
    ]
    assert 0.01 <= np.mean(np.array(p_values) <= 0.05) <= 0.09


def test_a_side_that_answers_is_found_and_the_power_says_so() -> None:
    rng = np.random.default_rng(3)
    source, receiver = series(30, rng), np.zeros(DAYS)
    acting = np.flatnonzero(source)
    np.add.at(receiver, np.minimum(acting + rng.integers(1, 8, len(acting)), DAYS - 1), 1.0)
    options = {**LAGS, "blocks": BLOCKS, "n_permutations": 199}
    assert pairs_following(source, receiver, **options, rng=rng).p_value < 0.02
    seldom, often = (
        pairs_power(source, series(30, rng), share=share, **options, n_draws=60, rng=rng).estimate
        for share in (0.02, 0.6)
    )
    assert seldom < 0.3 < 0.8 < often


def test_an_effect_larger_than_the_record_is_no_effect_to_ask_about() -> None:
    rng = np.random.default_rng(3)
    with pytest.raises(NotEstimable, match="more than the"):
        pairs_power(
            series(60, rng),
            series(3, rng),
            share=0.9,
            **LAGS,
            blocks=BLOCKS,
            n_draws=2,
            n_permutations=9,
            rng=rng,
        )


def test_what_cannot_be_compared_is_said() -> None:
    rng, some, none = np.random.default_rng(1), series(10, np.random.default_rng(1)), np.zeros(DAYS)
    with pytest.raises(NotEstimable, match="no such act"):
        pairs_following(some, none, **LAGS, blocks=BLOCKS, n_permutations=9, rng=rng)
    with pytest.raises(ParameterError, match="lags 0 to 7"):
        pairs_following(some, some, days_from=0, days_to=7, blocks=BLOCKS, n_permutations=9, rng=rng)
    with pytest.raises(ParameterError, match="do not match"):
        pairs_following(some, some[:-1], **LAGS, blocks=BLOCKS, n_permutations=9, rng=rng)
