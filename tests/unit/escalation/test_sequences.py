"""What follows what, the ladder, coordination with events, and sensitivity of findings."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.escalation.coordination import coincidence
from retorsion.escalation.sensitivity import leave_one_source_out, sites_of_acts
from retorsion.escalation.transitions import ladder_first, ladder_path, transitions
from retorsion.estimators.permutation import shift_blocks

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


def test_an_act_passes_a_weight_of_one_to_the_next_day():
    acts = sequence(
        (0, "A", "x"), (3, "A", "y"), (3, "B", "z"), (3, "B", "z"), (9, "A", "x"), (200, "B", "y")
    )
    result = transitions(acts, n_permutations=50, rng=np.random.default_rng(0), min_acts=2)
    n = {(r["kind"], r["next_kind"]): r["n"] for r in result.table.iter_rows(named=True)}
    assert n["x", "y"] == pytest.approx(1 / 3 + 1)
    assert n["x", "z"] == pytest.approx(2 / 3)
    assert n["y", "x"] == 1
    assert n["z", "x"] == 2
    assert result.n_transitions == pytest.approx(5)
    near = transitions(acts, n_permutations=50, rng=np.random.default_rng(0), min_acts=2, max_gap_days=10)
    assert near.n_transitions == pytest.approx(4)
    other = transitions(acts, successor="other", n_permutations=50, rng=np.random.default_rng(0), min_acts=2)
    n = {(r["kind"], r["next_kind"]): r["n"] for r in other.table.iter_rows(named=True)}
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
    table = transitions(
        answering(60, 1, 0.8), successor="other", n_permutations=999, rng=np.random.default_rng(0)
    ).table
    same = table.filter((pl.col("kind") == "x") & (pl.col("next_kind") == "x")).row(0, named=True)
    assert same["ratio"] > 1.3
    assert same["q_value"] < 0.05
    assert same["p_value"] <= same["q_value"]
    chance = transitions(
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
    plain = transitions(acts, n_permutations=499, rng=np.random.default_rng(0)).table
    within = transitions(acts, within="regime", n_permutations=499, rng=np.random.default_rng(0)).table
    assert plain["p_value"].max() < 0.01
    assert within["p_value"].min() > 0.02


def test_thin_sequences_are_said_in_a_sentence():
    rng = np.random.default_rng(0)
    with pytest.raises(NotEstimable, match="2 acts with a known day; at least 20"):
        transitions(sequence((0, "A", "x"), (1, "A", "y")), rng=rng)
    with pytest.raises(NotEstimable, match="All acts are of the same act_type"):
        transitions(sequence((0, "A", "x"), (1, "A", "x")), rng=rng, min_acts=2)
    with pytest.raises(NotEstimable, match="No act is followed"):
        transitions(sequence((0, "A", "x"), (0, "B", "y")), rng=rng, min_acts=2)


RUNGS = pl.DataFrame({"act_type": ["talk", "word", "freeze", "ban"], "rung": [None, 1, 3, 4]})


def test_ladder():
    acts = sequence(
        (0, "A", "word"), (2, "A", "freeze"), (2, "A", "word"), (5, "B", "freeze"), (6, "A", "word"),
        (7, "B", "talk"), (9, "A", "ban"),
    )  # fmt: skip
    path = ladder_path(acts, RUNGS)
    own = path.filter(pl.col("actor_code") == "A")
    assert own["rung"].to_list() == [1, 3, 1, 4]
    assert own["highest"].to_list() == [1, 3, 3, 4]
    assert own["step"].to_list() == [None, 2, -2, 3]
    first = {(r["rung"], r["actor_code"]): r for r in ladder_first(acts, RUNGS).iter_rows(named=True)}
    assert first[3, "A"]["lead_days"] == 3
    assert first[3, "B"]["lead_days"] == -3
    assert first[4, "A"]["lead_days"] is None
    assert first[1, "A"]["n_acts"] == 3
    with pytest.raises(ParameterError, match=r"no row for the act types \['war'\]"):
        ladder_path(sequence((0, "A", "war")), RUNGS)


END = START + timedelta(days=363)
BLOCKS = shift_blocks(START, 364, block_days=91)


def near(acts: list[date], events: list[date], **changes: object):
    options = {
        "days_before": 0,
        "days_after": 2,
        "blocks": BLOCKS,
        "null": "circular_shift",
        "n_permutations": 499,
        "rng": np.random.default_rng(0),
        "step_days": 1,
    } | changes
    return coincidence(acts, events, START, END, **options)


@pytest.mark.parametrize("null", ["circular_shift", "within_block"])
def test_coordinated_acts_are_told_from_independent_ones(null):
    events = [START + timedelta(days=int(d)) for d in (20, 50, 110, 160, 200, 250, 300, 340)]
    together = [event + timedelta(days=1) for event in events] + [START + timedelta(days=70)]
    result = near(together, events, null=null)
    assert (result.n_near, result.n_far, result.n_events) == (8, 1, 8)
    assert result.p_value <= 0.01
    assert result.ratio is not None
    assert result.ratio > 4
    rng = np.random.default_rng(5)
    apart = near([START + timedelta(days=int(d)) for d in rng.integers(0, 364, 30)], events, null=null)
    assert apart.p_value > 0.05
    # the expectation is the share of days near an event
    assert apart.expected == pytest.approx(30 * 24 / 364, rel=0.35)


def test_a_package_is_one_coincidence_by_days():
    events = [START + timedelta(days=d) for d in (20, 200)]
    acts = [events[0]] * 12 + [START + timedelta(days=d) for d in range(100, 112)]
    result = near(acts, events)
    assert (result.n_near, result.n_near_days, result.n_active_days) == (12, 1, 13)
    assert result.expected_days < result.expected * 0.9
    assert result.distribution["n_draws"].sum() == 499
    assert json.dumps(result.to_dict(), allow_nan=False)


def test_shared_rise_is_no_coordination_within_blocks():
    """Acts and events both crowd into one quarter, in which they are independent."""
    rng = np.random.default_rng(7)
    events = [START + timedelta(days=int(d)) for d in rng.integers(91, 182, 6)]
    acts = [START + timedelta(days=int(d)) for d in rng.integers(91, 182, 40)]
    one_block = np.zeros(364, dtype=np.int64)
    assert near(acts, events, blocks=one_block, null="within_block").p_value < 0.05
    assert near(acts, events, null="within_block").p_value > 0.1
    assert near(acts, events).p_value > 0.1


def test_shuffling_keeps_weekends_apart():
    weekdays = [
        START + timedelta(days=d) for d in range(0, 200, 3) if (START + timedelta(days=d)).weekday() < 5
    ]
    saturdays = [START + timedelta(days=5 + 7 * k) for k in range(20)]
    result = near(weekdays, saturdays, days_after=0, null="within_block")
    assert result.expected == 0
    assert result.ratio is None
    assert result.p_value == 1


def test_nothing_to_coordinate():
    day = [START + timedelta(days=5)]
    with pytest.raises(NotEstimable, match="No act is recorded"):
        near([], day)
    with pytest.raises(NotEstimable, match="No event is recorded"):
        near(day, [date(2030, 1, 1)])
    with pytest.raises(ParameterError, match="Number the block of each day"):
        near(day, day, blocks=BLOCKS[:-1])


def sourced() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "act_id": ["a", "b", "c", "d"],
            "actor_code": ["A", "A", "B", "A"],
            "intensity_equal": [1.0, 1.0, 1.0, -1.0],
            "intensity_other": [2.0, 1.0, 9.0, None],
            "source_urls": [
                "https://www.one.org/x https://two.org/y",
                "https://one.org/z",
                "http://three.org/1 https://three.org/2",
                None,
            ],
        }
    )


def test_sites():
    assert sites_of_acts(sourced()).rows() == [
        ("a", "one.org"),
        ("a", "two.org"),
        ("b", "one.org"),
        ("c", "three.org"),
    ]


def total(acts: pl.DataFrame) -> float:
    if acts.filter(pl.col("actor_code") == "B").is_empty():
        raise NotEstimable("B never acts.")
    return float(acts["intensity_equal"].sum())


def test_leaving_out_a_source_drops_what_only_it_attests():
    table = leave_one_source_out(sourced(), total)
    rows = {row["left_out"]: row for row in table.iter_rows(named=True)}
    assert set(rows) == {None, "one.org", "three.org"}
    assert rows[None]["value"] == 2
    assert (rows["one.org"]["n_dropped"], rows["one.org"]["value"], rows["one.org"]["change"]) == (1, 1, -1)
    assert rows["three.org"]["value"] is None
    assert rows["three.org"]["reason"] == "B never acts."
    assert rows["three.org"]["has_other_sign"] is None
    assert len(leave_one_source_out(sourced(), total, min_acts=2)) == 1
