"""Words and deeds that follow the other's acts: what is planted is found, and what is too thin is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from invented_acts import PAIR, START, act, acts_of, one_sided, record_of
from retorsion.errors import NotEstimable
from retorsion.escalation.kinds import kinds_part, verdict


@pytest.fixture(scope="module")
def protests_after_bans() -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """B bans at random; A protests the day after each ban, and freezes at random."""
    rng = np.random.default_rng(11)
    bans = sorted(rng.choice(np.arange(10, 700), size=40, replace=False).tolist())
    freezes = sorted(rng.choice(np.arange(10, 700), size=30, replace=False).tolist())
    rows = [act(f"b{k}", "BBB", START + timedelta(days=day), "ban") for k, day in enumerate(bans)]
    rows += [act(f"a{k}", "AAA", START + timedelta(days=day + 1), "protest") for k, day in enumerate(bans)]
    rows += [act(f"own{k}", "AAA", START + timedelta(days=day), "freeze") for k, day in enumerate(freezes)]
    return kinds_part(record_of(acts_of(rows)))


def test_words_are_shown_to_follow_and_deeds_are_not(protests_after_bans: Any) -> None:
    found, frames = protests_after_bans
    words = found["excitation"]["BBB all->AAA words"]
    assert words["verdict"] == "shown"
    assert 0.7 < words["estimate"] < 1.3
    assert words["half_life_days"] < 1
    deeds = found["excitation"]["BBB deeds->AAA deeds"]
    assert deeds["verdict"] != "shown"
    assert deeds["lower"] == 0
    assert {row["ratio"] for row in deeds["power"]} == {0.3, 5.0}
    asked = frames["kinds"].filter((pl.col("receiver_code") == "AAA") & (pl.col("unit") == "side_day"))
    assert asked["n"].max() <= 70


def test_pairs_find_the_same_without_a_model(protests_after_bans: Any) -> None:
    pairs = protests_after_bans[0]["pairs"]
    planted = pairs["BBB deeds->AAA words"]
    assert (planted["verdict"], planted["n_comparisons"]) == ("shown", 4)  # B says nothing
    assert planted["n_pairs"] > 1.4 * planted["expected"]
    assert pairs["BBB deeds->AAA deeds"]["verdict"] != "shown"
    assert "no such act" in pairs["BBB words->AAA words"]["not_estimable"]


def test_a_side_without_words_is_said_so(protests_after_bans: Any) -> None:
    found, frames = protests_after_bans
    silent = found["excitation"]["AAA all->BBB words"]
    assert "BBB has 0 hostile words on 0 days" in silent["not_estimable"]
    reasons = frames["kinds"].filter(
        (pl.col("receiver_code") == "BBB") & (pl.col("receiver_kind") == "words")
    )
    assert reasons["not_estimable"].null_count() == 0
    assert {PAIR[0], PAIR[1]} == set(frames["kinds"]["receiver_code"])


@pytest.mark.parametrize(
    ("lower", "upper", "timing", "p_value", "seen", "says"),
    [
        (0.1, 0.3, 0.01, 0.01, 0.9, "shown"),
        (0.0, 0.3, 0.4, 1.0, 0.9, "no large effect"),
        (0.0, 0.5, 0.4, 1.0, 0.9, "cannot tell"),  # the size that would be seen is inside the interval
        (0.0, 0.3, 0.4, 1.0, 0.79, "cannot tell"),  # no size would be seen in most records
        (0.0, 0.3, 0.06, 0.5, 0.9, "cannot tell"),  # the timing hints at something
        (0.1, 0.3, 0.01, 0.3, 0.9, "cannot tell"),
    ],
)
def test_an_absence_says_something_only_where_an_effect_would_have_been_seen(
    lower: float, upper: float, timing: float, p_value: float, seen: float, says: str
) -> None:
    part = {"lower": lower, "upper": upper, "timing_p_value": timing, "p_value": p_value}
    power = [
        {"ratio": 0.1, "estimate": 0.1},
        {"ratio": 0.4, "estimate": seen},
        {"ratio": 0.5, "not_estimable": "."},
    ]
    assert verdict(part, power) == says
    assert verdict({"not_estimable": "Too few."}, None) == "cannot tell"


def test_one_side_alone_gives_statements() -> None:
    found, frames = kinds_part(record_of(one_sided()))
    assert all("not_estimable" in one for one in found["excitation"].values())
    assert frames["following"]["n_pairs"].null_count() == len(frames["following"])
    with pytest.raises(NotEstimable):
        kinds_part(record_of(acts_of([])))
