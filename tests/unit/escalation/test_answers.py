"""Answers, words and deeds apart: rates by unit and denominator, kinds beside chance, lags with their bounds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from invented_acts import act, acts_of, events_of, one_sided, record_of, replies_of
from retorsion.errors import NotEstimable
from retorsion.escalation.answers import answers_part, in_kind, lags
from retorsion.escalation.replies import answers_to_acts, links_of

MARCH = date(2020, 3, 1)


def answered(**given: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    """B bans in packages of two and expels; A protests at one act of each package, and expels in answer."""
    rows, links = [], []
    for k in range(6):
        day = MARCH + timedelta(days=40 * k)
        rows += [act(f"b{k}{step}", "BBB", day, "ban", package_id=f"b{k}0") for step in (0, 1)]
        rows.append(act(f"a{k}", "AAA", day + timedelta(days=1), "protest", **given))
        links.append((f"a{k}", f"b{k}0", "act"))
    rows += [
        act("b-out", "BBB", MARCH + timedelta(days=300), "expulsion"),
        act("a-out", "AAA", MARCH + timedelta(days=320), "expulsion"),
    ]
    return acts_of(rows), replies_of(*links, ("a-out", "b-out", "act"))


def rate(found: dict[str, Any], kind: str, unit: str, side: str, group: str = "named") -> tuple[int, int]:
    part = found["rates"][group][kind][unit][side]
    return part["n_answered"], part["n"]


def test_a_package_is_answered_if_one_of_its_steps_is() -> None:
    found, frames = answers_part(record_of(*answered()))
    assert rate(found, "deeds", "act", "BBB") == (7, 13)
    assert rate(found, "deeds", "package", "BBB") == (7, 7)
    assert rate(found, "deeds", "side_day", "BBB") == (7, 7)
    by_deed = found["by_deed"]["named"]["act"]["BBB"]
    assert (by_deed["n_answered"], by_deed["n"]) == (1, 13)
    assert set(frames["answers"]["unit"]) == {"act", "package", "side_day"}


def test_acts_that_are_answers_can_be_left_out_of_the_denominator() -> None:
    found, _ = answers_part(record_of(*answered()))
    assert rate(found, "all", "act", "AAA") == (0, 7)
    assert (
        "no hostile act that could have been answered"
        in found["without_answers"]["all"]["act"]["AAA"]["not_estimable"]
    )
    assert found["without_answers"]["all"]["act"]["BBB"]["n"] == 13


def test_answers_in_kind_stand_beside_what_their_composition_gives() -> None:
    record = record_of(*answered())
    links = answers_to_acts(links_of(record, ["act"]))
    deeds = in_kind(record, links, "AAA", "deeds")
    assert (deeds["n_in_kind"], deeds["n"], deeds["can_differ"]) == (1, 1, False)
    words = in_kind(record, links, "AAA", "words")
    assert (words["n_in_kind"], words["expected"]) == (0, 0.0)
    both = in_kind(record, links, None, "all")
    assert both["expected"] == pytest.approx(
        7 / 49
    )  # seven protests or expulsions, one of seven acts diplomatic
    with pytest.raises(NotEstimable, match="No answer of BBB by deed"):
        in_kind(record, links, "BBB", "deeds")


def test_a_lag_has_bounds_where_the_day_of_an_act_is_not_stated() -> None:
    acts = acts_of(
        [
            act("b1", "BBB", MARCH, "ban"),
            act("a1", "AAA", MARCH + timedelta(days=4), "protest"),
            act("b2", "BBB", MARCH + timedelta(days=60), "ban"),
            act(
                "a2", "AAA", MARCH + timedelta(days=63), "protest", done_date=MARCH + timedelta(days=61),
                done_basis="official",
            ),
            act("b3", "BBB", MARCH + timedelta(days=120), "ban", announced_basis="article_day"),
            act("a3", "AAA", MARCH + timedelta(days=130), "freeze"),
        ]
    )  # fmt: skip
    record = record_of(acts, replies_of(("a1", "b1", "act"), ("a2", "b2", "act"), ("a3", "b3", "act")))
    found = lags(record, links_of(record, ["act"])).select(
        "reply_act_id", "lag_days", "lag_lower", "lag_upper", "is_article_day"
    )
    assert found.rows() == [
        ("a1", 4, 0, 4, False),  # a protest whose lodging day is not stated: up to a week before
        ("a2", 1, 1, 1, False),  # lodged on a stated day, two days before it was announced
        ("a3", 10, 10, 17, True),  # the deed it answers is dated by an article alone
    ]
    part, _ = answers_part(record)
    words = part["lags"]["words"]["AAA"]
    assert (words["estimate"], words["bound_lower"], words["bound_upper"]) == (2.5, 0.5, 2.5)
    deeds = part["lags"]["deeds"]["AAA"]
    assert (deeds["each"], deeds["n_by_article"]) == ([10], 1)
    assert "No such answer" in deeds["without_article_days"]["not_estimable"]


def test_sides_are_compared_and_the_least_difference_seen_is_said() -> None:
    found, _ = answers_part(record_of(*answered()))
    both = found["compared"]["deeds"]["package"]
    assert both["estimate"] == pytest.approx(-1.0)  # of A one deed, never answered; of B seven, all of them
    assert both["least_seen"] is None  # one deed against seven shows no difference with a chance of 80 %
    assert "no hostile act in words" in found["compared"]["words"]["act"]["not_estimable"]


def test_answers_to_events_are_no_answers_to_acts() -> None:
    events = events_of(("drill", MARCH, "BBB", "drill"))
    acts = acts_of([act("b1", "BBB", MARCH, "ban"), act("a1", "AAA", MARCH + timedelta(days=1), "protest")])
    found, frames = answers_part(record_of(acts, replies_of(("a1", "drill", "act")), events=events))
    assert rate(found, "all", "act", "BBB") == (0, 1)
    assert frames["lags"]["answered_type"].to_list() == ["event"]
    assert "No answer of AAA in words" in found["lags"]["words"]["AAA"]["not_estimable"]


def test_no_reply_is_one_sentence() -> None:
    with pytest.raises(NotEstimable, match="No reply of AAA or BBB to the other is stated"):
        answers_part(record_of(one_sided()))
