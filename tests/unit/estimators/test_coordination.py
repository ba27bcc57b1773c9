"""Acts near events, against acts moved by chance."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.coordination import coincidence

START = date(2020, 1, 6)
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
