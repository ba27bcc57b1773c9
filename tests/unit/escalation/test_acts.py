"""Acts ready to be counted, and their intensity in time."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError, RetorsionError
from retorsion.escalation.acts import (
    acts_between,
    count_formalised_once,
    daily_counts,
    one_row_per_act,
    root_acts,
    scale_columns,
)
from retorsion.escalation.intensity import calendar, intensity, net_balance, scale_agreement, whole_weeks
from retorsion.estimators.results import Interval, Result, plain

PAIR = ("AAA", "BBB")
START, END = date(2020, 1, 1), date(2020, 3, 31)


def act(act_id: str, actor: str, day: date, **changes: object) -> dict[str, object]:
    other = {"AAA": "BBB", "BBB": "AAA"}.get(actor, "AAA")
    row: dict[str, object] = {
        "act_id": act_id,
        "actor_code": actor,
        "target_code": other,
        "addressee_code": other,
        "act_date": day,
        "date_precision": "day",
        "domain_type": "sanction",
        "act_type": "asset_freeze",
        "formalises_act_id": None,
        "n_subjects": None,
        "intensity_equal": 1.0,
        "intensity_goldstein": 8.0,
        "reply_to_act_id": None,
        "source_urls": "https://example.org/a",
    }
    return row | changes


SCHEMA = {
    "formalises_act_id": pl.String,
    "n_subjects": pl.Int64,
    "reply_to_act_id": pl.String,
    "intensity_equal": pl.Float64,
    "intensity_goldstein": pl.Float64,
}


def acts(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema_overrides=SCHEMA)


def test_an_act_with_two_targets_is_one_act():
    frame = acts(
        act("x", "AAA", date(2020, 1, 2), n_subjects=3, intensity_goldstein=2.0),
        act("x", "AAA", date(2020, 1, 2), target_code="CCC", n_subjects=4, intensity_goldstein=-5.0),
        act("y", "AAA", date(2020, 1, 1), n_subjects=None),
    )
    merged = one_row_per_act(frame)
    assert merged["act_id"].to_list() == ["y", "x"]
    assert merged["n_subjects"].to_list() == [None, 7]
    assert merged["intensity_goldstein"].to_list() == [8.0, -5.0]
    assert merged["source_urls"].to_list() == ["https://example.org/a"] * 2
    assert merged.columns == frame.columns
    assert scale_columns(frame) == ["intensity_equal", "intensity_goldstein"]


def test_an_act_towards_two_addressees_counts_for_each():
    frame = acts(act("x", "AAA", date(2020, 1, 2)), act("x", "AAA", date(2020, 1, 2), addressee_code="CCC"))
    assert len(one_row_per_act(frame)) == 2
    assert len(acts_between(frame, PAIR, START, END)) == 1


def test_announcement_and_decision_are_one_act_on_the_first_day():
    frame = acts(
        act("plan", "AAA", date(2020, 1, 2), n_subjects=10, intensity_goldstein=4.0),
        act("law", "AAA", date(2020, 1, 20), formalises_act_id="plan", n_subjects=12),
        act("order", "AAA", date(2020, 2, 3), formalises_act_id="law", n_subjects=11),
        act("answer", "BBB", date(2020, 2, 5), reply_to_act_id="law"),
        act("late", "BBB", date(2020, 2, 6), formalises_act_id="unknown"),
    )
    assert dict(root_acts(frame).iter_rows())["order"] == "plan"
    once = count_formalised_once(frame)
    first = once.filter(pl.col("act_id") == "plan").row(0, named=True)
    assert first["act_date"] == date(2020, 1, 2)
    assert first["n_subjects"] == 12
    assert first["intensity_goldstein"] == 8.0
    assert once["act_id"].to_list() == ["plan", "answer", "late"]
    assert once["reply_to_act_id"].to_list() == [None, "plan", None]
    # the first day decides about the window
    late = acts_between(frame, PAIR, date(2020, 1, 10), END, formalised_once=True)
    assert late["act_id"].to_list() == ["answer", "late"]


def test_a_circle_of_formalisations_is_named():
    frame = acts(act("a", "AAA", START, formalises_act_id="b"), act("b", "AAA", START, formalises_act_id="a"))
    with pytest.raises(RetorsionError, match="value 'a': the chain of formalisations leads"):
        root_acts(frame)


def test_window_and_pair():
    frame = acts(
        act("in", "AAA", START),
        act("last", "BBB", END),
        act("before", "AAA", date(2019, 12, 31)),
        act("after", "AAA", date(2020, 4, 1)),
        act("other", "CCC", START),
        act("month", "AAA", date(2020, 2, 1), date_precision="month"),
    )
    assert acts_between(frame, PAIR, START, END)["act_id"].to_list() == ["in", "month", "last"]
    by_day = acts_between(frame, PAIR, START, END, day_precision=True)
    assert by_day["act_id"].to_list() == ["in", "last"]
    with pytest.raises(ParameterError, match="ends before it starts"):
        acts_between(frame, PAIR, END, START)
    with pytest.raises(ParameterError, match="Name two states"):
        acts_between(frame, ("AAA", "AAA"), START, END)


def test_daily_counts():
    frame = acts(
        act("a", "AAA", date(2020, 1, 2)),
        act("b", "AAA", date(2020, 1, 2)),
        act("c", "BBB", date(2020, 1, 4)),
    )
    counts = daily_counts(frame, PAIR, START, date(2020, 1, 4))
    assert counts.tolist() == [[0, 0], [2, 0], [0, 0], [0, 1]]
    active = daily_counts(frame, PAIR, START, date(2020, 1, 4), active_days=True)
    assert active.tolist() == [[0, 0], [1, 0], [0, 0], [0, 1]]
    with pytest.raises(NotEstimable, match="No act between AAA and BBB"):
        daily_counts(frame, PAIR, date(2021, 1, 1), date(2021, 2, 1))


@pytest.mark.parametrize(
    ("period", "starts", "days"),
    [
        ("day", 91, [1, 1]),
        ("week", 14, [5, 7]),
        ("month", 3, [31, 29]),
        ("quarter", 1, [91]),
    ],
)
def test_calendar_is_complete(period, starts, days):
    grid = calendar(START, END, period)
    assert len(grid) == starts
    assert grid["n_days"].to_list()[: len(days)] == days
    assert grid["n_days"].sum() == 91
    with pytest.raises(ParameterError, match="unknown"):
        calendar(START, END, "year")  # type: ignore[arg-type]


def test_intensity_counts_zeros_means_and_running_sums():
    frame = acts(
        act("a", "AAA", date(2020, 1, 2), intensity_goldstein=2.0),
        act("b", "AAA", date(2020, 1, 30), intensity_goldstein=5.0),
        act("c", "AAA", date(2020, 3, 1), intensity_goldstein=None),
        act("d", "BBB", date(2020, 3, 1), intensity_goldstein=-1.0),
    )
    table = intensity(frame, PAIR, START, END, period="month", scales=["intensity_goldstein"])
    first = table.filter(pl.col("actor_code") == "AAA")
    assert first["n_acts"].to_list() == [2, 0, 1]
    assert first["sum"].to_list() == [7, 0, 0]
    assert first["mean"].to_list() == [3.5, None, None]
    assert first["cumulative"].to_list() == [7, 7, 7]
    balance = net_balance(table, PAIR)
    assert balance["net"].to_list() == [7, 0, 1]
    assert balance["cumulative_net"].to_list() == [7, 7, 8]
    with pytest.raises(ParameterError, match="intensity_other"):
        intensity(frame, PAIR, START, END, period="month", scales=["intensity_other"])


def test_acts_of_an_unknown_day_count_by_month_only():
    frame = acts(act("a", "AAA", date(2020, 2, 1), date_precision="month"), act("b", "AAA", date(2020, 2, 3)))
    scales = ["intensity_equal"]

    def total(**options: object) -> float:
        return intensity(frame, PAIR, START, END, scales=scales, **options)["sum"].sum()  # type: ignore[arg-type]

    assert total(period="month") == 2
    assert total(period="week") == 1
    assert total(period="week", coarse_dates="include") == 2


def test_empty_window_is_all_zeros():
    table = intensity(
        acts(act("a", "AAA", START)).clear(), PAIR, START, END, period="week", scales=["intensity_equal"]
    )
    assert len(table) == 28
    assert (table["sum"] == 0).all()
    assert table["mean"].is_null().all()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from(PAIR), st.integers(-10, 10)), min_size=1, max_size=30
    )
)
def test_every_period_adds_up_to_the_same_total(drawn):
    frame = acts(
        *(
            act(str(k), actor, date.fromordinal(START.toordinal() + day), intensity_goldstein=float(value))
            for k, (day, actor, value) in enumerate(drawn)
        )
    )
    for period in ("day", "week", "month", "quarter"):
        table = intensity(frame, PAIR, START, END, period=period, scales=["intensity_goldstein"])
        assert table["n_acts"].sum() == len(drawn)
        for actor in PAIR:
            own = table.filter(pl.col("actor_code") == actor)
            expected = sum(v for _, a, v in drawn if a == actor)
            assert own["sum"].sum() == own["cumulative"][-1] == expected


def test_scales_that_disagree_are_shown_to():
    frame = acts(
        act("a", "AAA", date(2020, 1, 2), intensity_equal=1.0, intensity_goldstein=1.0),
        act("b", "AAA", date(2020, 2, 2), intensity_equal=2.0, intensity_goldstein=0.5),
        act("c", "BBB", date(2020, 1, 2), intensity_equal=0.5, intensity_goldstein=3.0),
    )
    scales = ["intensity_equal", "intensity_goldstein"]
    table = intensity(frame, PAIR, START, END, period="month", scales=scales)
    agreement = {row["actor_code"]: row for row in scale_agreement(table, PAIR).iter_rows(named=True)}
    assert agreement["AAA"]["kendall_tau"] == pytest.approx(-1)
    assert agreement["AAA"]["same_peak"] is False
    assert agreement["BBB"]["kendall_tau"] is None
    assert agreement["BBB"]["same_peak"] is True
    assert agreement[None]["n_sign_changes"] == 1
    assert agreement[None]["same_total_sign"] is False
    with pytest.raises(NotEstimable, match="two scales"):
        scale_agreement(table.filter(pl.col("scale") == "intensity_equal"), PAIR)


def test_whole_weeks():
    assert whole_weeks(date(2020, 1, 1), date(2020, 1, 31)) == (date(2020, 1, 6), date(2020, 1, 26))
    assert whole_weeks(date(2020, 1, 6), date(2020, 1, 12)) == (date(2020, 1, 6), date(2020, 1, 12))
    with pytest.raises(NotEstimable, match="no whole week"):
        whole_weeks(date(2020, 1, 7), date(2020, 1, 12))


def test_estimates_become_plain_json():
    interval = Interval(np.float64(0.5), 0.0, float("inf"), 0.95, "x", lower_is_bound=np.bool_(True))
    result = interval.to_dict()
    assert result["upper"] is None
    assert result["lower_is_bound"] is True
    assert json.loads(json.dumps(result)) == result
    frame = pl.DataFrame({"day": [START], "value": [float("nan")]})
    assert plain({"a": frame, "b": (np.int64(1), None)}) == {
        "a": [{"day": "2020-01-01", "value": None}],
        "b": [1, None],
    }
    with pytest.raises(TypeError, match="no plain JSON form"):
        plain(object())
    assert Result().to_dict() == {}


def test_acts_of_an_unknown_month_count_at_no_period_unless_asked():
    frame = acts(act("a", "AAA", date(2020, 1, 1), date_precision="year"), act("b", "AAA", date(2020, 2, 3)))

    def total(**options: object) -> float:
        found = intensity(frame, PAIR, START, END, scales=["intensity_equal"], **options)  # type: ignore[arg-type]
        return found["sum"].sum()

    assert total(period="month") == total(period="day") == 1
    assert total(period="month", coarse_dates="include") == 2
