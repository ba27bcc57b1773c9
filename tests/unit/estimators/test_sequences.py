"""What follows what: weights of one, permutations within sides, and thin sequences."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable
from retorsion.estimators.sequences import Transitions, transitions

START = date(2020, 1, 6)


def sequence(*rows: tuple[int, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "act_id": f"{k:04d}",
                "act_date": START + timedelta(days=day),
                "actor_code": actor,
                "act_type": kind,
            }
            for k, (day, actor, kind) in enumerate(rows)
        ]
    )


def follows(events: pl.DataFrame, **options: Any) -> Transitions:
    return transitions(events, state="act_type", unit="actor_code", day="act_date", **options)


def test_an_act_passes_a_weight_of_one_to_the_next_day():
    acts = sequence(
        (0, "A", "x"), (3, "A", "y"), (3, "B", "z"), (3, "B", "z"), (9, "A", "x"), (200, "B", "y")
    )
    result = follows(acts, n_permutations=50, rng=np.random.default_rng(0), min_events=2)
    n = {(r["state"], r["next_state"]): r["n"] for r in result.table.iter_rows(named=True)}
    assert n["x", "y"] == pytest.approx(1 / 3 + 1)
    assert n["x", "z"] == pytest.approx(2 / 3)
    assert n["y", "x"] == 1
    assert n["z", "x"] == 2
    assert result.n_transitions == pytest.approx(5)
    near = follows(acts, n_permutations=50, rng=np.random.default_rng(0), min_events=2, max_gap_days=10)
    assert near.n_transitions == pytest.approx(4)
    other = follows(acts, successor="other", n_permutations=50, rng=np.random.default_rng(0), min_events=2)
    n = {(r["state"], r["next_state"]): r["n"] for r in other.table.iter_rows(named=True)}
    assert n["x", "z"] == 1
    assert n["x", "y"] == n["y", "y"] == 1
    assert n["z", "x"] == 2


def answering(n: int, seed: int, follows: float) -> pl.DataFrame:
    """A acts now with x, now with y; B answers in the same kind with the given probability."""
    rng, rows = np.random.default_rng(seed), []
    for k in range(n):
        kind = rng.choice(["x", "y"])
        answer = kind if rng.uniform() < follows else rng.choice(["x", "y"])
        rows += [(4 * k, "A", str(kind)), (4 * k + 1, "B", str(answer))]
    return sequence(*rows)


def test_answers_in_kind_are_found_and_chance_is_not():
    table = follows(
        answering(60, 1, 0.8), successor="other", n_permutations=999, rng=np.random.default_rng(0)
    ).table
    same = table.filter((pl.col("state") == "x") & (pl.col("next_state") == "x")).row(0, named=True)
    assert same["ratio"] > 1.3
    assert same["q_value"] < 0.05
    assert same["p_value"] <= same["q_value"]
    chance = follows(
        answering(60, 2, 0.0), successor="other", n_permutations=999, rng=np.random.default_rng(0)
    ).table
    assert chance["q_value"].min() > 0.05
    np.testing.assert_allclose(table["n"].sum(), table["expected"].sum(), rtol=1e-9)


def test_a_repertoire_that_changes_is_no_sequence_within_its_periods():
    rng = np.random.default_rng(4)
    rows = [
        (2 * k, "A", str(rng.choice(["x", "y"], p=[0.9, 0.1] if k < 50 else [0.1, 0.9]))) for k in range(100)
    ]
    acts = sequence(*rows).with_columns(
        (pl.col("act_date") < START + timedelta(days=100)).cast(pl.String).alias("regime")
    )
    plain = follows(acts, n_permutations=499, rng=np.random.default_rng(0)).table
    within = follows(acts, within="regime", n_permutations=499, rng=np.random.default_rng(0)).table
    assert plain["p_value"].max() < 0.01
    assert within["p_value"].min() > 0.02


def test_thin_sequences_are_said_in_a_sentence():
    rng = np.random.default_rng(0)
    with pytest.raises(NotEstimable, match="There are 2 events; at least 20"):
        follows(sequence((0, "A", "x"), (1, "A", "y")), rng=rng)
    with pytest.raises(NotEstimable, match="All events are of the same act_type"):
        follows(sequence((0, "A", "x"), (1, "A", "x")), rng=rng, min_events=2)
    with pytest.raises(NotEstimable, match="No event is followed"):
        follows(sequence((0, "A", "x"), (0, "B", "y")), rng=rng, min_events=2)
