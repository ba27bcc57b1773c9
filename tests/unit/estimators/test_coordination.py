"""Acts near events, against acts moved by chance; how much likelier, how much later, and who was first."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from places import ROOT
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.blocks import shift_blocks
from retorsion.estimators.coordination import coincidence, rate_ratio, step_lags, who_is_first

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
    with pytest.raises(ParameterError, match="Number the blocks in the order of their days"):
        near(day, day, blocks=BLOCKS[::-1].copy())


def ratio_of(acts: list[date], events: list[date], **changes: object):
    options = {"days_before": 0, "days_after": 2, "blocks": BLOCKS} | changes
    return rate_ratio(acts, events, START, END, **options)  # type: ignore[arg-type]


def test_rate_ratio_in_one_block_is_that_of_the_two_rates():
    events = [START + timedelta(days=d) for d in (50, 150, 250)]
    acts = [START + timedelta(days=d) for d in (50, 51, 51, 152, 10, 100, 200, 300, 333)]
    one = np.zeros(364, dtype=np.int64)
    # four acts on nine days near, five on the 355 others
    found = ratio_of(acts, events, blocks=one)
    assert found.estimate == pytest.approx((4 / 9) / (5 / 355), rel=1e-6)
    assert 0 < found.lower < found.estimate < found.upper


def test_rate_ratio_says_where_nothing_differs_within_a_block():
    event, far = START + timedelta(days=10), START + timedelta(days=200)
    with pytest.raises(
        NotEstimable, match="Of 0 acts in blocks with days near an event and far from one, 0 are near"
    ):
        ratio_of([far], [event])
    with pytest.raises(NotEstimable, match="far from one, 2 are near"):
        ratio_of([event, event], [event])


def test_interval_of_the_rate_ratio_holds_the_truth_with_acts_in_packages():
    """Ratio of 4, levels that differ between blocks, dispersion as in the record; blocks of 91 days over four years."""
    n_days, end = 1456, START + timedelta(days=1455)
    blocks = shift_blocks(START, n_days, block_days=91)
    held, n_told = 0, 0
    for k in range(200):
        rng = np.random.default_rng((4, k))
        events = [START + timedelta(days=int(day)) for day in rng.choice(n_days, 32, replace=False)]
        age = np.arange(n_days)[:, None] - np.array([(day - START).days for day in events])[None, :]
        close = ((age >= -1) & (age <= 7)).any(axis=1)
        mean = 0.03 * np.repeat(rng.gamma(2, 0.5, 16), 91) * np.where(close, 4.0, 1.0)
        counts = rng.poisson(mean * rng.gamma(1 / 3, 3, n_days))
        acts = [START + timedelta(days=int(day)) for day in np.repeat(np.arange(n_days), counts)]
        try:
            found = rate_ratio(acts, events, START, end, days_before=1, days_after=7, blocks=blocks)
        except NotEstimable:
            continue
        n_told += 1
        held += found.lower <= 4.0 <= found.upper
    assert n_told > 190
    assert 0.90 <= held / n_told <= 0.99


def test_lags_are_from_the_nearest_event_and_count_a_day_once():
    events = [START + timedelta(days=d) for d in (100, 200)]
    acts = [START + timedelta(days=d) for d in (103, 103, 98, 200, 150, 300)]
    found = step_lags(
        acts,
        events,
        START,
        END,
        within_days=50,
        blocks=BLOCKS,
        n_permutations=99,
        rng=np.random.default_rng(0),
    )
    # 150 lies 50 days from either: it counts as after the earlier one; 300 is too far
    assert (found.n_days, found.n_with_event, found.n_same_day, found.n_after, found.n_before) == (
        5,
        4,
        1,
        2,
        1,
    )
    assert found.median == 1.5
    counted = found.distribution.filter(pl.col("n_days") > 0)
    assert counted.select("lag_days", "n_days").rows() == [(-2, 1), (0, 1), (3, 1), (50, 1)]
    assert found.lower is None  # four days hold no interval of 95 %
    assert found.distribution["expected"].sum() <= 5


def test_a_side_that_follows_is_told_from_one_that_leads():
    events = [START + timedelta(days=int(d)) for d in range(15, 350, 30)]
    for shift, follows in ((2, True), (-2, False)):
        acts = [event + timedelta(days=shift) for event in events]
        found = step_lags(
            acts,
            events,
            START,
            END,
            within_days=10,
            blocks=BLOCKS,
            n_permutations=499,
            rng=np.random.default_rng(1),
        )
        assert found.median == shift
        assert (found.p_value_after < 0.05) is follows
        assert (found.p_value_before < 0.05) is not follows


def test_who_is_first_around_each_acting_day():
    days = [START + timedelta(days=d) for d in (10, 10, 40, 70, 100)]
    steps = {
        "A": [START + timedelta(days=d) for d in (8, 40, 101)],
        "B": [START + timedelta(days=d) for d in (9, 40)],
    }
    table = who_is_first(days, steps, own="own", days_before=1, days_after=7)
    assert table["n_days"].unique().to_list() == [3]  # nothing is near day 70
    assert table.drop("n_days").rows() == [("A", 2, 1), ("own", 2, 1), ("B", 1, 0)]


#: Days on which the European Union adopted a package, with the renewal of July 2022 and the round of 9 March 2022.
PACKAGES = """
2022-02-23 2022-02-25 2022-02-28 2022-03-02 2022-03-09 2022-03-15 2022-04-08 2022-06-03 2022-07-21 2022-10-06 2022-12-16
2023-02-25 2023-06-23 2023-12-18 2024-02-23 2024-06-24 2024-12-16 2025-02-24 2025-05-20 2025-07-18 2025-10-23
"""


@pytest.mark.parametrize(
    ("calendar", "side", "start", "window", "near", "expected", "highest_p"),
    [
        ("designations", "JPN", date(2022, 2, 1), (1, 7), 45, 26.4, 0.002),
        ("designations", "JPN", date(2022, 6, 1), (1, 7), 23, 9.7, 0.004),
        ("designations", "RUS", date(2022, 2, 1), (1, 7), 13, 13.4, None),
        ("packages", "JPN", date(2022, 2, 1), (1, 7), 29, 15.6, 0.01),
        ("packages", "JPN", date(2022, 6, 1), (3, 7), 20, 7.2, 0.008),
    ],
)
def test_numbers_of_a_published_review_come_out(
    real_data, calendar, side, start, window, near, expected, highest_p
):
    """Deeds of the record of that time, by calendar, within 91 days; p values by a thousand shifts differ a little."""
    days = pl.read_csv(ROOT / "tests" / "fixtures" / "hostile_days_2022_2026.csv", try_parse_dates=True)
    acts = days.filter(~pl.col("is_verbal") & (pl.col("actor_code") == side))["act_date"].to_list()
    if calendar == "designations":
        listed = pl.read_csv(real_data("ofac/us_russia_designations_per_day.csv"), try_parse_dates=True)
        steps = listed.filter(pl.col("new_sdn_rows") >= 20)["date_us_eastern"].to_list()
    else:
        steps = [date.fromisoformat(day) for day in PACKAGES.split()]
    end = date(2026, 2, 28)
    blocks = shift_blocks(start, (end - start).days + 1, block_days=91, breaks=[date(2022, 2, 24)])
    found = coincidence(
        acts,
        steps,
        start,
        end,
        days_before=window[0],
        days_after=window[1],
        blocks=blocks,
        null="circular_shift",
        n_permutations=1999,
        rng=np.random.default_rng(0),
    )
    assert found.n_near == near
    assert found.expected == pytest.approx(expected, abs=0.5)
    assert found.p_value > 0.3 if highest_p is None else found.p_value <= highest_p
