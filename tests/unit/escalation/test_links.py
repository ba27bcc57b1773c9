"""Replies: stated links, rates, waiting times, proportions, and inferred links kept apart."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError, RetorsionError
from retorsion.escalation.links import (
    answer_rate,
    candidate_links,
    in_kind_share,
    lag_bounds,
    link_quality,
    proportionality,
    stated_links,
    waiting_times,
)
from scipy import stats

START = date(2020, 1, 1)


def frame(*rows: tuple[object, ...]) -> pl.DataFrame:
    """Acts from (id, actor, day of the window, domain, type, subjects, answered act)."""
    return pl.DataFrame(
        [
            {
                "act_id": name,
                "actor_code": actor,
                "addressee_code": {"AAA": "BBB", "BBB": "AAA"}[str(actor)],
                "act_date": START + timedelta(days=int(day)),  # type: ignore[call-overload]
                "date_precision": "day",
                "domain_type": domain,
                "act_type": kind,
                "n_subjects": n,
                "reply_to_act_id": reply,
            }
            for name, actor, day, domain, kind, n, reply in rows
        ],
        schema_overrides={"n_subjects": pl.Int64, "reply_to_act_id": pl.String},
    )


ACTS = frame(
    ("a1", "AAA", 0, "diplomatic_action", "expulsion", 8, None),
    ("b1", "BBB", 19, "diplomatic_action", "expulsion", 8, "a1"),
    ("a2", "AAA", 30, "sanction", "asset_freeze", 20, None),
    ("b2", "BBB", 31, "sanction", "entry_ban", 10, "a2"),
    ("b3", "BBB", 31, "diplomatic_action", "protest", None, "a2"),
    ("a3", "AAA", 60, "trade_measure", "import_ban", None, None),
)


def test_stated_links_carry_both_acts():
    links = stated_links(ACTS)
    assert links["reply_act_id"].to_list() == ["b1", "b2", "b3"]
    assert links["lag_days"].to_list() == [19, 1, 1]
    assert links["is_in_kind"].to_list() == [True, True, False]
    assert links["is_same_type"].to_list() == [True, False, False]
    assert set(links["basis_type"]) == {"stated"}


def test_a_reply_may_answer_several_acts_by_its_own_table():
    table = pl.DataFrame({"reply_act_id": ["b2", "b2", "b2"], "act_id": ["a1", "a2", "elsewhere"]})
    links = stated_links(ACTS, table)
    assert links.select("reply_act_id", "act_id").rows() == [("b2", "a1"), ("b2", "a2")]


def test_unknown_days_give_no_lag():
    coarse = ACTS.with_columns(
        pl.when(pl.col("act_id") == "a1")
        .then(pl.lit("month"))
        .otherwise("date_precision")
        .alias("date_precision")
    )
    assert stated_links(coarse)["lag_days"].to_list() == [None, 1, 1]


def test_a_reply_before_its_act_is_named():
    backward = frame(
        ("a1", "AAA", 5, "sanction", "x", None, None), ("b1", "BBB", 2, "sanction", "x", None, "a1")
    )
    with pytest.raises(RetorsionError, match="act 'b1': dated 3 days before the act 'a1'"):
        stated_links(backward)


def test_answer_rates_count_each_act_once():
    rates = answer_rate(ACTS, stated_links(ACTS), by=("actor_code",))
    assert rates.select("actor_code", "n_acts", "n_answered").rows() == [("AAA", 3, 2), ("BBB", 3, 0)]
    quick = answer_rate(ACTS, stated_links(ACTS), by=("actor_code",), within_days=7)
    assert quick["n_answered"].to_list() == [1, 0]
    with pytest.raises(NotEstimable, match="no act"):
        answer_rate(ACTS.clear(), stated_links(ACTS))


def test_waiting_times_are_censored_at_the_end_of_the_window():
    end = START + timedelta(days=70)
    times = waiting_times(ACTS.filter(pl.col("actor_code") == "AAA"), stated_links(ACTS), end)
    assert times.select("act_id", "days", "is_answered").rows() == [
        ("a1", 19, True),
        ("a2", 1, True),
        ("a3", 10, False),
    ]
    # an answer after the window is not yet an answer
    early = waiting_times(ACTS, stated_links(ACTS), START + timedelta(days=10))
    assert early.select("act_id", "days", "is_answered").rows() == [("a1", 10, False)]
    with pytest.raises(NotEstimable, match="No act with a known day"):
        waiting_times(ACTS, stated_links(ACTS), date(2019, 1, 1))


def test_in_kind_share_counts_replies_once():
    table = pl.DataFrame({"reply_act_id": ["b2", "b2", "b1", "b3"], "act_id": ["a1", "a2", "a1", "a2"]})
    kinds = in_kind_share(stated_links(ACTS, table))
    whole = kinds.row(0, named=True)
    assert (whole["reply_actor_code"], whole["n_replies"], whole["n_in_kind"]) == (None, 3, 2)
    assert whole["n_same_type"] == 1
    assert kinds["reply_actor_code"].to_list() == [None, "BBB"]
    with pytest.raises(NotEstimable, match="No reply is stated"):
        in_kind_share(stated_links(ACTS).clear())


def test_proportionality_of_eight_for_eight():
    links = stated_links(ACTS)
    result = proportionality(links, min_links=2)
    assert result.n == 2
    assert result.geometric_mean == pytest.approx(2**-0.5)
    assert (result.n_equal, result.equal) == (1, 0.5)
    half = np.log(2) / 2  # standard deviation of the two logarithms over root two, times the root of n - 1
    reach = stats.t.ppf(0.975, 1) * half
    assert result.upper == pytest.approx(2**-0.5 * np.exp(reach))
    with pytest.raises(NotEstimable, match="2 replies have a count"):
        proportionality(links)


def test_candidates_follow_the_rule_and_see_no_stated_link():
    blind = ACTS.with_columns(pl.lit(None, dtype=pl.String).alias("reply_to_act_id"))
    links = candidate_links(ACTS, max_lag_days=30, threshold=0.75)
    assert links.equals(candidate_links(blind, max_lag_days=30, threshold=0.75))
    assert set(links["basis_type"]) == {"inferred"}
    scores = {row["reply_act_id"]: row for row in links.iter_rows(named=True)}
    assert scores["b1"]["act_id"] == "a1"
    assert scores["b1"]["score"] == pytest.approx(1 - 19 / 31 + 0.5 + 0.25)
    assert scores["b2"]["act_id"] == "a2"
    assert scores["b3"]["score"] == pytest.approx(1 - 1 / 31)
    assert "a3" not in scores  # 29 days later and of another kind
    strict = candidate_links(ACTS, max_lag_days=30, threshold=1.2)
    assert strict["reply_act_id"].to_list() == ["b2"]


def test_candidates_take_the_best_of_several_acts():
    several = frame(
        ("near", "AAA", 9, "sanction", "x", None, None),
        ("far", "AAA", 5, "trade_measure", "y", None, None),
        ("reply", "BBB", 10, "trade_measure", "y", None, None),
    )
    links = candidate_links(several, max_lag_days=9)
    assert links.select("act_id", "score").row(0) == ("far", pytest.approx(0.5 + 0.75))
    assert candidate_links(several, max_lag_days=9, in_kind_bonus=0, same_type_bonus=0)["act_id"][0] == "near"


def test_acts_of_one_day_are_linked_only_on_demand():
    same = frame(("a", "AAA", 3, "sanction", "x", None, None), ("b", "BBB", 3, "sanction", "x", None, None))
    assert candidate_links(same, max_lag_days=9).is_empty()
    both = candidate_links(same, max_lag_days=9, min_lag_days=0)
    assert sorted(both["reply_act_id"]) == ["a", "b"]
    with pytest.raises(ParameterError, match="no reply could be found"):
        candidate_links(same, max_lag_days=0)


def test_quality_of_the_rule():
    links, stated = candidate_links(ACTS, max_lag_days=30), stated_links(ACTS)
    quality = link_quality(links, stated, lags=(1, 30))
    assert (quality.n_stated, quality.n_found, quality.n_decided) == (3, 3, 3)
    assert (quality.n_findable, quality.n_same_day) == (3, 0)
    assert quality.recall is not None
    assert quality.recall.estimate == 1
    assert quality.precision is not None
    assert quality.precision.estimate == 3 / len(links)
    nothing = link_quality(links.clear(), stated, lags=(1, 30))
    assert nothing.precision is None
    assert nothing.recall is not None
    assert nothing.recall.estimate == 0
    with pytest.raises(NotEstimable, match="cannot be checked"):
        link_quality(links, stated.clear(), lags=(1, 30))


def test_recall_is_of_the_links_a_rule_could_find():
    acts = frame(
        ("a1", "AAA", 3, "sanction", "x", None, None),
        ("b1", "BBB", 3, "sanction", "x", None, None),  # the same day: no rule can order them
        ("a2", "AAA", 10, "sanction", "x", None, None),
        ("a3", "AAA", 11, "sanction", "x", None, None),
        ("b2", "BBB", 12, "sanction", "x", None, None),  # answers two acts; the rule names one
        ("b3", "BBB", 28, "sanction", "x", None, None),  # after more days than the rule looks back
    )
    stated = stated_links(
        acts,
        pl.DataFrame({"reply_act_id": ["b1", "b2", "b2", "b3"], "act_id": ["a1", "a2", "a3", "a3"]}),
    )
    quality = link_quality(candidate_links(acts, max_lag_days=7), stated, lags=(1, 7))
    assert (quality.n_stated, quality.n_same_day, quality.n_findable, quality.n_found) == (4, 1, 1, 1)
    assert quality.recall is not None
    assert quality.recall.estimate == 1
    assert quality.recall_of_all.estimate == 0.25
    same_day = link_quality(candidate_links(acts, max_lag_days=7), stated.head(1), lags=(1, 7))
    assert (same_day.n_findable, same_day.recall) == (0, None)


def done(*rows: tuple[str, str, str, str | None, str | None]) -> pl.DataFrame:
    """Acts from (id, day announced, precision, day done, its basis)."""
    return pl.DataFrame(
        rows,
        schema={
            "act_id": pl.String,
            "act_date": pl.String,
            "date_precision": pl.String,
            "done_date": pl.String,
            "done_basis": pl.String,
        },
        orient="row",
    ).with_columns(pl.col("act_date", "done_date").str.to_date())


DONE = done(
    ("act", "2020-03-10", "day", "2020-03-09", "official"),
    ("act unsaid", "2020-03-10", "day", None, None),
    ("act of a month", "2020-03-01", "month", None, None),
    ("reply", "2020-03-16", "day", "2020-03-12", "text"),
    ("reply unsaid", "2020-03-16", "day", None, None),
    ("reply of a month", "2020-03-16", "day", "2020-03-01", "month"),
    ("early reply", "2020-03-10", "day", "2020-03-08", "text"),
)


@pytest.mark.parametrize(
    ("reply", "act", "slack", "bounds"),
    [
        ("reply", "act", None, (3, 3)),
        ("reply", "act", 7, (3, 3)),
        ("reply", "act unsaid", None, (2, None)),
        ("reply", "act unsaid", 4, (2, 6)),
        ("reply unsaid", "act", None, (0, 7)),
        ("reply unsaid", "act", 2, (5, 7)),
        ("reply unsaid", "act unsaid", 0, (6, 6)),
        ("reply unsaid", "act unsaid", 2, (4, 8)),
        ("reply of a month", "act", None, (0, 7)),
        ("reply", "act of a month", None, (0, None)),
        ("reply", "act of a month", 0, (0, 11)),
        ("early reply", "act", None, (None, None)),
        ("reply", "no such act", None, (None, None)),
    ],
)
def test_a_lag_has_the_bounds_that_the_days_done_leave_it(
    reply: str, act: str, slack: int | None, bounds: tuple[int | None, int | None]
) -> None:
    links = pl.DataFrame({"reply_act_id": [reply], "act_id": [act], "other": [1]})
    found = lag_bounds(links, DONE, slack_days=slack)
    assert found.columns == ["reply_act_id", "act_id", "other", "lag_lower", "lag_upper"]
    assert found.select("lag_lower", "lag_upper").row(0) == bounds


def test_a_slack_before_the_act_is_an_error() -> None:
    with pytest.raises(ParameterError, match="no act is announced before it is done"):
        lag_bounds(pl.DataFrame({"reply_act_id": ["reply"], "act_id": ["act"]}), DONE, slack_days=-1)


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans()),
        min_size=1,
        max_size=8,
    )
)
def test_the_true_lag_is_within_its_bounds(cases: list[tuple[int, int, int, bool, bool]]) -> None:
    """True lags, days by which each announcement came later, and whether each day done is recorded."""
    rows: list[tuple[str, str, str, str | None, str | None]] = []
    for number, (lag, act_later, reply_later, act_known, reply_known) in enumerate(cases):
        for name, day, later, known in (
            (f"a{number}", START, act_later, act_known),
            (f"r{number}", START + timedelta(days=lag), reply_later, reply_known),
        ):
            told = (day.isoformat(), "text") if known else (None, None)
            rows.append((name, (day + timedelta(days=later)).isoformat(), "day", *told))
    links = pl.DataFrame(
        {
            "reply_act_id": [f"r{number}" for number in range(len(cases))],
            "act_id": [f"a{number}" for number in range(len(cases))],
        }
    )
    for slack in (5, None):
        found = lag_bounds(links, done(*rows), slack_days=slack).select("lag_lower", "lag_upper").rows()
        for (lag, *_, act_known, reply_known), (lower, upper) in zip(cases, found, strict=True):
            assert lower <= lag
            assert upper is None or lag <= upper
            assert (upper is None) is (slack is None and not act_known)
            assert not (act_known and reply_known) or lower == upper == lag
