"""The escalation findings: what is counted, what each number says of known acts, and what thin data give."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from invented_acts import (
    EVENTS,
    PAIR,
    START,
    act,
    acts_of,
    case_of,
    events_of,
    findings_of,
    one_sided,
    params_of,
    record_of,
    replies_of,
    single,
)
from retorsion.errors import NotEstimable
from retorsion.escalation.calendars import calendar_days, driver_days, span_tested
from retorsion.escalation.coordination import coordination_part
from retorsion.escalation.findings import FRAMES
from retorsion.escalation.replies import links_of, replies_part
from retorsion.escalation.sensitivity import sensitivity_part
from retorsion.findings import estimated


@pytest.fixture(scope="module")
def answered() -> tuple[pl.DataFrame, pl.DataFrame]:
    """B acts at random; A protests the next day, always; A acts on its own account too."""
    rng = np.random.default_rng(5)
    days = sorted(rng.choice(np.arange(30, 700), size=45, replace=False).tolist())
    own = sorted(rng.choice(np.arange(0, 720), size=30, replace=False).tolist())
    rows, links = [], []
    for k, place in enumerate(days):
        day = START + timedelta(days=place)
        site = f"https://{'two' if k % 3 else 'one'}.example/{k}"
        rows.append(act(f"b{k}", "BBB", day, "ban", source_urls=site))
        rows.append(act(f"a{k}", "AAA", day + timedelta(days=1), "protest", source_urls=site))
        if k % 2:
            links.append((f"a{k}", f"b{k}", "act"))
    rows += [
        act(f"own{k}", "AAA", START + timedelta(days=place), "freeze", n_subjects=5)
        for k, place in enumerate(own)
    ]
    return acts_of(rows), replies_of(*links)


@pytest.fixture(scope="module")
def whole(answered: tuple[pl.DataFrame, pl.DataFrame]) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    return findings_of(*answered)


def test_every_part_and_frame_is_there_and_is_json(
    whole: tuple[dict[str, Any], dict[str, pl.DataFrame]],
) -> None:
    found, frames = whole
    assert set(FRAMES) | {"pair", "window", "headlines"} == set(found)
    assert set(frames) == {name for names in FRAMES.values() for name in names}
    json.dumps(found, allow_nan=False)


def test_the_same_acts_in_another_order_give_the_same_findings(
    answered: tuple[pl.DataFrame, pl.DataFrame], whole: tuple[dict[str, Any], dict[str, pl.DataFrame]]
) -> None:
    acts, replies = answered
    found, frames = findings_of(acts.sample(fraction=1, shuffle=True, seed=3), replies.reverse())
    assert found == whole[0]
    for name, frame in frames.items():
        assert frame.equals(whole[1][name]), name


def test_a_side_that_always_answers_the_next_day_is_told_so(
    whole: tuple[dict[str, Any], dict[str, pl.DataFrame]],
) -> None:
    excitation = whole[0]["excitation"]
    link = excitation["links"]["BBB->AAA"]["with"]
    assert 0.7 < link["estimate"] < 1.3
    assert link["lower"] > 0.5
    assert excitation["links"]["AAA->BBB"]["with"]["lower"] == 0
    assert excitation["told"]["BBB->AAA"]["is_told"]
    assert not excitation["told"]["AAA->BBB"]["is_told"]
    assert excitation["half_life_days"]["with"]["AAA"]["upper"] < 1
    drawn = {row["parameter"]: row for row in excitation["bootstrap"]}["half-life AAA"]
    half = excitation["half_life_days"]["with"]["AAA"]
    assert (half["bootstrap_lower"], half["bootstrap_upper"]) == (drawn["lower"], drawn["upper"])
    assert "bootstrap_lower" not in excitation["half_life_days"]["without"]["AAA"]
    seen, too_large = excitation["power"]["BBB->AAA"]
    assert (seen["ratio"], seen["n"]) == (0.3, 4)
    assert seen["estimate"] == seen["n_told"] / 4
    assert "more than the 75 acts of the record" in too_large["not_estimable"]
    assert excitation["timing"]["BBB->AAA"]["with"]["p_value"] == 0.01
    assert excitation["best_aic"] in {
        "driver and the other's acts",
        "driver and all acts",
        "all acts, no driver",
    }


def test_answer_rate_lag_and_kind_are_those_of_the_links(
    whole: tuple[dict[str, Any], dict[str, pl.DataFrame]],
) -> None:
    named = whole[0]["replies"]["named"]
    assert named["answer_rate"]["BBB"]["n_answered"] == 22
    assert named["answer_rate"]["BBB"]["estimate"] == pytest.approx(22 / 45)
    assert named["answer_rate"]["AAA"]["n_answered"] == 0
    assert named["median_lag_of_replier"]["AAA"]["estimate"] == 1
    assert named["median_lag_of_replier"]["AAA"]["n_next_day"] == 22
    assert "No reply" in named["median_lag_of_replier"]["BBB"]["not_estimable"]
    assert named["deeds_of_replier"]["AAA"]["n_deeds"] == 0
    assert named["in_kind"][0]["n_in_kind"] == 0
    by_day = named["waiting"]["BBB"]["answered_by_days"]
    assert by_day["7"]["estimate"] == pytest.approx(22 / 45)
    assert "0 of 75" in named["waiting"]["AAA"]["not_estimable"]


def test_headlines_have_number_interval_sample_method_and_caveat(
    whole: tuple[dict[str, Any], dict[str, pl.DataFrame]],
) -> None:
    lines = {line["finding"]: line for line in whole[0]["headlines"]}
    line = lines["hostile acts of BBB that AAA answered"]
    assert line["n"] == 45
    assert line["lower"] < line["estimate"] < line["upper"]
    assert all(line[key] for line in lines.values() for key in ("finding", "unit", "method", "caveat"))
    assert "median lag of the answers of BBB" not in lines  # it never answers, so there is no number


def test_an_announcement_and_its_decision_count_once_as_the_decision() -> None:
    rows = [
        act("say", "AAA", date(2020, 2, 1), "announced"),
        act("do", "AAA", date(2020, 2, 20), "freeze", formalises_act_id="say", n_subjects=9),
        act("answer", "BBB", date(2020, 2, 25), "expulsion"),
    ]
    record = record_of(acts_of(rows), replies_of(("answer", "do", "act")))
    counted = record.of("AAA").row(0, named=True)
    assert (counted["act_id"], counted["act_date"], counted["act_type"]) == (
        "say",
        date(2020, 2, 1),
        "freeze",
    )
    link = links_of(record, ["act"]).row(0, named=True)
    assert (link["act_id"], link["lag_days"]) == ("do", 5)
    assert (link["root_act_id"], link["root_lag_days"]) == ("say", 24)
    named = replies_part(record)[0]["named"]
    assert named["answer_rate"]["AAA"]["n_answered"] == 1
    assert named["answer_rate_within"]["AAA"]["n_answered"] == 0


def test_general_links_are_only_in_the_general_numbers() -> None:
    rows = [act(f"a{k}", "AAA", date(2020, 2, 1 + k), "freeze") for k in range(4)]
    rows += [act("b0", "BBB", date(2020, 3, 1), "ban"), act("b1", "BBB", date(2020, 3, 2), "protest")]
    links = replies_of(("b0", "a0", "sanctions_in_general"), ("b1", "a1", "act"))
    found, frames = findings_of(acts_of(rows), links)
    replies = found["replies"]
    assert (replies["n_stated"], replies["n_stated_naming_the_act"]) == (2, 1)
    assert replies["named"]["answer_rate"]["AAA"]["n_answered"] == 1
    assert replies["general"]["answer_rate"]["AAA"]["n_answered"] == 2
    assert replies["named"]["deeds_of_replier"]["BBB"]["n_deeds"] == 0
    assert replies["general"]["deeds_of_replier"]["BBB"]["n_deeds"] == 1
    assert frames["links"]["answers_type"].to_list() == ["sanctions_in_general", "act"]


def test_provocations_of_the_other_side_count_as_answered_events_apart_from_acts() -> None:
    rows = [
        act("a0", "AAA", date(2020, 5, 1), "protest"),
        act("b0", "BBB", date(2020, 7, 1), "ban"),
    ]
    found, frames = findings_of(acts_of(rows), replies_of(("a0", "drill-1", "act")))
    assert found["replies"]["named"]["n_answered_events"] == 1
    assert found["replies"]["named"]["answer_rate"]["BBB"]["n_answered"] == 0
    drills = frames["answer_rates"].filter(
        (pl.col("domain_type") == "context") & (pl.col("links") == "named") & (pl.col("answered") == "ever")
    )
    assert drills.select("actor_code", "n_acts", "n_answered").rows() == [("BBB", 2, 1)]


def test_lag_kind_and_deeds_are_of_answers_to_acts_and_events_stand_apart() -> None:
    """One reply names an act, one an event, one both, and one an act that is not hostile."""
    rows = [
        act("b0", "BBB", date(2020, 5, 1), "ban"),
        act("b1", "BBB", date(2020, 6, 20), "expulsion"),
        act("b2", "BBB", date(2020, 7, 1), "talks"),
        act("to-act", "AAA", date(2020, 5, 2), "ban"),
        act("to-event", "AAA", date(2020, 6, 1), "freeze"),
        act("to-both", "AAA", date(2020, 6, 24), "expulsion"),
        act("to-talks", "AAA", date(2020, 7, 1), "talks"),
    ]
    links = replies_of(
        ("to-act", "b0", "act"),
        ("to-event", "drill-1", "act"),
        ("to-both", "drill-2", "act"),
        ("to-both", "b1", "act"),
        ("to-talks", "b2", "act"),
    )
    found, frames = findings_of(acts_of(rows), links)
    named = found["replies"]["named"]
    assert (named["n_replies"], named["n_replies_to_acts"], named["n_replies_to_events"]) == (4, 2, 1)
    assert (named["n_answered_events"], named["n_answered_not_hostile"]) == (2, 1)
    deeds, lag = named["deeds_of_replier"]["AAA"], named["median_lag_of_replier"]["AAA"]
    assert (deeds["n"], deeds["n_deeds"]) == (2, 2)
    assert (lag["n"], lag["n_same_day"], lag["estimate"]) == (2, 0, 2.5)
    assert named["in_kind"][0]["n_replies"] == named["in_kind"][0]["n_in_kind"] == 2
    assert named["answer_rate"]["BBB"]["n_answered"] == lag["n"]
    events = named["to_events"]
    assert (events["deeds_of_replier"]["AAA"]["n"], events["median_lag_of_replier"]["AAA"]["estimate"]) == (
        1,
        31,
    )
    assert "no case" in events["deeds_of_replier"]["BBB"]["not_estimable"]
    kinds = dict(frames["links"].select("act_id", "answered_type").iter_rows())
    assert kinds == {
        "b0": "hostile_act",
        "b1": "hostile_act",
        "b2": "other_act",
        "drill-1": "event",
        "drill-2": "event",
    }
    whole = frames["sensitivity"].filter(pl.col("choice").is_null())
    measured = dict(whole.select("finding", "value").iter_rows())
    assert measured["share of deeds in the replies of AAA"] == 1


def test_an_answer_to_an_event_of_a_third_state_is_counted_as_elsewhere() -> None:
    rows = [
        act("a0", "AAA", date(2020, 5, 1)),
        act("a1", "AAA", date(2020, 5, 3)),
        act("b0", "BBB", date(2020, 5, 2)),
    ]
    links = replies_of(("a0", "step-1", "act"), ("a1", "b0", "act"))
    found, _ = findings_of(acts_of(rows), links)
    assert found["replies"]["n_stated"] == 1
    assert found["replies"]["n_stated_elsewhere"] == 1


def test_waiting_is_censored_where_the_recorded_span_ends() -> None:
    spans = [
        {"start": "2020-01-01", "end": "2020-02-29"},
        {"start": "2021-01-01", "end": "2021-12-31"},
    ]
    rows = [act(f"a{k}", "AAA", date(2020, 2, 1), "freeze") for k in range(3)]
    rows += [act("late", "AAA", date(2020, 2, 2), "freeze")]
    rows += [act("b0", "BBB", date(2020, 2, 3)), act("b1", "BBB", date(2021, 5, 1))]
    links = replies_of(("b0", "a0", "act"), ("b1", "late", "act"))
    found, frames = findings_of(
        acts_of(rows),
        links,
        case=case_of({"recorded": spans}),
        params=params_of({"escalation.replies.min_answered": 1}),
    )
    waiting = found["replies"]["named"]["waiting"]["AAA"]
    assert (waiting["n_acts"], waiting["n_answered"]) == (4, 1)  # the answer in the gap's far side is unseen
    assert frames["waiting"]["day"].max() < 60
    assert found["record"]["recorded"] == spans


def test_acts_near_group_steps_are_set_against_chance() -> None:
    steps = [date(2020, 2, 3) + timedelta(days=75 * k) for k in range(8)]
    events = events_of(*((f"s{k}", day, "G7", "group_step") for k, day in enumerate(steps)))
    rows = [
        act(f"a{k}{n}", "AAA", day + timedelta(days=n), "freeze")
        for k, day in enumerate(steps)
        for n in (0, 1)
    ]
    rows += [act(f"b{k}", "BBB", date(2020, 1, 20) + timedelta(days=37 * k), "ban") for k in range(18)]
    found, frames = findings_of(acts_of(rows), events=events)
    part = found["coordination"]
    sides = part["by_calendar"]["the group"]["deeds"]
    assert sides["AAA"]["n_near"] == 16
    assert sides["AAA"]["p_value"] < 0.05
    assert sides["AAA"]["ratio"] > 3
    assert sides["AAA"]["rate_ratio"]["not_estimable"].endswith(
        "16 are near, so no ratio of rates can be given."
    )
    assert sides["BBB"]["p_value"] > 0.05
    assert frames["coordination_null"].group_by("actor_code").agg(pl.col("n_draws").sum())[
        "n_draws"
    ].unique().to_list() == [99]
    assert part["told"]["deeds"]["AAA"] == {
        "tested": ["the group"], "with_opening": ["the group"], "without_opening": []
    }  # fmt: skip
    # both acts of a step count, its own day and the next; of words there are none to test
    lags = sides["AAA"]["lags"]
    assert (lags["n_same_day"], lags["n_after"], lags["n_before"], lags["median"]) == (8, 8, 0, 0.5)
    assert part["by_calendar"]["the group"]["words"]["AAA"]["not_estimable"].startswith(
        "AAA has 0 hostile words of known day"
    )
    assert part["first"]["deeds"]["not_estimable"].startswith("Fewer than two calendars")


def test_a_calendar_is_what_its_conditions_say() -> None:
    events = events_of(
        ("one", date(2020, 2, 1), "G7", "group_step"),
        ("two", date(2020, 3, 1), "USA", "group_step"),
        ("three", date(2020, 4, 1), "USA", "group_step"),
        ("four", date(2020, 5, 1), "EU", "group_step"),
    ).with_columns(
        pl.Series("n_designations", [None, 5, 30, 40], dtype=pl.Int64),
        pl.Series("step", [None, "listings", "listings", "5th package"]),
    )
    base = {"event_types": ["group_step"], "target_code": "RUS"}
    calendars = {
        "all": base,
        "large rounds": base | {"actor_codes": ["USA"], "min_designations": 20},
        "packages": base | {"steps": ["package", "7th"]},
        "of March": base | {"complete": {"start": "2020-03-01", "end": "2020-03-31"}},
    }
    record = record_of(
        acts_of([]), events=events, case=case_of({"calendars": calendars | {"the group": base}})
    )
    days = {name: [day.month for day in calendar_days(record, name)] for name in calendars}
    assert days == {"all": [2, 3, 4, 5], "large rounds": [4], "packages": [5], "of March": [3]}
    assert driver_days(record, ["of March", "packages"]) == events["event_date"].to_list()
    assert span_tested(record, "of March") == (date(2020, 3, 1), date(2020, 3, 31))
    late = base | {"complete": {"start": "2030-01-01", "end": "2030-12-31"}}
    record = record_of(acts_of([]), case=case_of({"calendars": {"the group": late}}))
    with pytest.raises(NotEstimable, match="is complete for no day of the span"):
        span_tested(record, "the group")


def risen() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Acts rise at three breaks, each inside a block; steps come soon after; their days are independent."""
    rng = np.random.default_rng(11)
    rows, events = [], []
    for n, place in enumerate((60, 242, 424)):  # the last third of a block of 91 days
        start = START + timedelta(days=place)
        events.append((f"war-{n}", start, "BBB", "invasion"))
        events += [(f"s{n}{k}", start + timedelta(days=k), "G7", "group_step") for k in (2, 9, 16, 23)]
        rows += [
            act(f"{side}{n}{k}", side, start + timedelta(days=int(day)), kind)
            for side, kind in (("AAA", "freeze"), ("BBB", "ban"))
            for k, day in enumerate(rng.integers(0, 91, 40))
        ]
    return acts_of(rows), events_of(*events)


def test_a_rise_at_a_break_inside_a_block_is_no_coordination() -> None:
    acts, events = risen()

    def near(**changes: Any) -> dict[str, Any]:
        record = record_of(acts, events=events, case=case_of(changes))
        by_side: dict[str, Any] = coordination_part(record)[0]["by_calendar"]["the group"]["deeds"]
        return by_side

    sides = near()
    assert all(sides[side]["p_value"] > 0.1 for side in PAIR)
    assert all(sides[side]["ratio"] < 1.25 for side in PAIR)
    sides = near(break_event_types=[])
    assert all(sides[side]["p_value"] < 0.05 for side in PAIR)


def test_a_number_against_chance_has_its_null_and_no_interval() -> None:
    acts, events = risen()
    found, _ = findings_of(acts, events=events)
    near = found["coordination"]["by_calendar"]["the group"]["deeds"]["AAA"]
    line = {each["finding"]: each for each in found["headlines"]}[
        "deeds of AAA near steps of the group, over chance"
    ]
    assert {"lower", "upper"}.isdisjoint(line)
    assert line["estimate"] == near["ratio"] == pytest.approx(line["n_near"] / line["expected"])
    for key in ("expected", "null_lower", "null_upper", "p_value", "p_value_days"):
        assert line[key] == near[key]
    assert line["n"] == near["n_acts"]
    assert line["null_lower"] <= line["expected"] <= line["null_upper"]


def test_leaving_out_a_site_drops_what_hangs_on_it_alone(answered: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    found, frames = sensitivity_part(record_of(*answered))
    rate = frames["sensitivity"].filter(pl.col("finding") == "rate at which AAA answers BBB")
    assert rate["choice"].to_list() == [None, "one.example", "two.example"]
    assert rate["value"][0] == pytest.approx(22 / 45)
    without_one = [k for k in range(45) if k % 3]
    assert rate["value"][1] == pytest.approx(sum(k % 2 for k in without_one) / len(without_one))
    summary = found["by_source"]["rate at which AAA answers BBB"]
    assert summary["least"] == pytest.approx(rate["value"].min())
    assert summary["greatest"] == pytest.approx(rate["value"].max())


def test_scales_that_disagree_on_who_did_more_are_shown_to() -> None:
    rows = [act(f"a{k}", "AAA", date(2020, 2, 1 + k), "protest") for k in range(5)]
    rows += [act(f"b{k}", "BBB", date(2020, 2, 3 + k), "ban") for k in range(3)]
    found, _ = findings_of(acts_of(rows))
    assert found["intensity"]["ahead"] == {"intensity_goldstein": "BBB", "intensity_equal": "AAA"}
    assert not found["intensity"]["same_side_ahead_on_all_scales"]
    assert found["intensity"]["share_of_first"]["intensity_goldstein"]["estimate"] == pytest.approx(10 / 34)


def test_the_first_on_a_rung_and_types_on_no_rung_are_named() -> None:
    rows = [
        act("a0", "AAA", date(2020, 2, 1), "freeze"),
        act("b0", "BBB", date(2020, 2, 4), "ban"),
        act("b1", "BBB", date(2020, 1, 4), "protest"),
        act("a1", "AAA", date(2020, 3, 4), "talks"),
    ]
    found, frames = findings_of(acts_of(rows))
    first = {(row["rung"], row["actor_code"]): row["lead_days"] for row in found["ladder"]["first"]}
    assert first == {(1, "BBB"): None, (2, "AAA"): 3, (2, "BBB"): -3}
    assert found["ladder"]["on_no_rung"] == ["talks"]
    assert len(frames["ladder"]) == 3


@pytest.mark.parametrize(
    ("acts", "says"),
    [
        (lambda: acts_of([]), "No act between AAA and BBB"),
        (single, "A single act"),
        (one_sided, "BBB never acts"),
    ],
)
def test_too_few_acts_give_statements_and_no_number(acts: Callable[[], pl.DataFrame], says: str) -> None:
    found, frames = findings_of(acts())
    assert says in found["excitation"]["not_estimable"]
    assert "estimate" not in json.dumps(found["intensity"].get("share_of_first", {})).replace(
        "not_estimable", ""
    )
    assert not [line for line in found["headlines"] if "AAA in the intensity" in line["finding"]]
    assert frames["branching"].columns == ["not_estimable"]
    assert frames["models"]["not_estimable"].to_list() == [found["excitation"]["not_estimable"]]
    json.dumps(found, allow_nan=False)


def test_a_window_without_a_day_of_the_dense_span_says_so() -> None:
    found, _ = findings_of(one_sided(), case=case_of(start=date(2017, 1, 1), end=date(2018, 1, 1)))
    assert found["record"]["not_estimable"].startswith("No act between AAA and BBB")
    assert "recorded without a gap" in found["excitation"]["not_estimable"]
    assert found["headlines"] == []


def test_a_pair_of_other_states_is_a_matter_of_arguments(answered: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    acts, replies = answered
    names = {"AAA": "CCC", "BBB": "DDD"}
    other = acts.with_columns(pl.col("actor_code", "target_code", "addressee_code").replace(names))
    events = EVENTS.with_columns(pl.col("actor_code", "target_code").replace(names))
    found, _ = findings_of(other, replies, case=case_of(pair=("CCC", "DDD")), events=events)
    assert found["excitation"]["told"]["DDD->CCC"]["is_told"]


def _two_sided() -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [act(f"a{k}", "AAA", START + timedelta(days=9 * k), "freeze") for k in range(40)]
    rows += [act(f"b{k}", "BBB", START + timedelta(days=9 * k + 3), "ban") for k in range(40)]
    return acts_of(rows), replies_of()


def test_a_case_without_a_driver_has_models_without_one() -> None:
    asked = {
        "drivers": {},
        "calendars": {},
        "variants": {"all acts": {"family": "poisson", "half_life": "receiver", "drivers": []}},
        "with_driver": "all acts",
        "without_driver": "all acts",
    }
    found, frames = findings_of(*_two_sided(), case=case_of(asked))
    assert found["excitation"]["drivers"] == {}
    assert set(found["excitation"]["links"]["AAA->BBB"]) == {"all acts"}
    assert frames["models"]["model"].to_list() == [
        "constant rate, Poisson", "constant rate", "own acts", "the other's acts", "all acts", "all acts, Poisson",
    ]  # fmt: skip
    assert found["coordination"]["not_estimable"].startswith(
        "No calendar of the steps of others is recorded for AAA and BBB"
    )
    assert found["recall"]["not_estimable"].startswith("No second list of acts of AAA and BBB was made")


def test_a_first_test_day_outside_the_window_leaves_the_other_splits() -> None:
    _, frames = findings_of(*_two_sided(), case=case_of(end=date(2020, 12, 31)))
    assert frames["scores"]["first_test_day"].unique().to_list() == [date(2020, 8, 7)]
    assert frames["scores"]["n_test_days"].unique().to_list() == [147]


def test_estimated_gives_values_and_passes_statements_on() -> None:
    found = {"a": {"b": 3, "c": {"not_estimable": "Too thin."}, "d": None}}
    assert estimated(found, "a", "b") == 3
    with pytest.raises(NotEstimable, match="Too thin"):
        estimated(found, "a", "c")
    with pytest.raises(NotEstimable, match="Too thin"):
        estimated(found, "a", "c", "x")
    with pytest.raises(NotEstimable, match="no a / d"):
        estimated(found, "a", "d")


@pytest.mark.real
def test_two_other_states_by_parameters_only(real_data: Callable[[str], Path]) -> None:
    """China and Japan in machine-coded news of 2012 to 2014, which has no links between acts."""
    events = pl.read_csv(
        real_data("icews/icews_RUS_or_JPN_actor_events.csv"), infer_schema=False
    ).with_row_index()
    codes = {"China": "CHN", "Japan": "JPN"}
    acts = events.filter(
        pl.col("source_name").is_in(list(codes))
        & pl.col("target_name").is_in(list(codes))
        & pl.col("goldstein").is_not_null()
    ).select(
        pl.format("icews-{}", "index").alias("act_id"),
        pl.format("icews-{}", "index").alias("package_id"),
        pl.col("source_name").replace(codes).alias("actor_code"),
        pl.col("target_name").replace(codes).alias("target_code"),
        pl.col("target_name").replace(codes).alias("addressee_code"),
        pl.col("date").str.to_date().alias("act_date"),
        pl.lit("day").alias("date_precision"),
        pl.lit(None, dtype=pl.Date).alias("done_date"),
        pl.lit(None, dtype=pl.String).alias("done_basis"),
        pl.lit("article_day").alias("announced_basis"),
        pl.lit("diplomatic_action").alias("domain_type"),
        pl.col("relation").alias("act_type"),
        pl.lit(None, dtype=pl.String).alias("formalises_act_id"),
        pl.lit(None, dtype=pl.Int64).alias("n_subjects"),
        (-pl.col("goldstein").cast(pl.Float64)).alias("intensity_goldstein"),
        (-pl.col("goldstein").cast(pl.Float64)).sign().alias("intensity_equal"),
        pl.lit(None, dtype=pl.String).alias("reply_to_act_id"),
        pl.lit("medium").alias("confidence_type"),
        pl.lit("agency").alias("source_types"),
        pl.lit("https://icews.example/").alias("source_urls"),
    )
    start, end = date(2012, 1, 1), date(2014, 12, 31)
    span = {"start": start, "end": end}
    kinds = acts["act_type"].unique().sort()
    rungs = pl.lit(None, dtype=pl.Int64).alias("rung")
    types = pl.DataFrame(
        {"act_type": kinds, "is_verbal": False, "is_provocation": False, "is_yearly": False}
    ).with_columns(rungs)
    asked = {"dense": span, "recorded": [span], "first_test_day": "2014-01-01"}
    found, _ = findings_of(acts, case=case_of(asked, pair=("CHN", "JPN"), start=start, end=end), types=types)
    assert found["record"]["by_side"]["CHN"]["n_hostile"] > 100
    assert "No reply of China or Japan" in found["replies"]["not_estimable"]
    assert found["excitation"]["links"]["CHN->JPN"]["without"]["upper"] > 0
    assert 0 < found["intensity"]["share_of_first"]["intensity_goldstein"]["estimate"] < 1
