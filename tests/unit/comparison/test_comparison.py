"""Quantities over cases on invented acts: rates, lags, proportion, chains and their ends, pooling."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from places import RAW, ROOT
from retorsion.comparison.chains import Ends, chains
from retorsion.comparison.effects import trade_effects
from retorsion.comparison.findings import FRAMES, compare
from retorsion.comparison.pairs import case_acts, within
from retorsion.comparison.quantities import answer_rates, in_kind, lags, proportion_pairs, proportions
from retorsion.findings import NOT_ESTIMABLE
from retorsion.params import Case, Params, read_params

PARAMS: Params = read_params(ROOT / "params.yaml", RAW)
SCHEMA = {
    "act_id": pl.String,
    "package_id": pl.String,
    "actor_code": pl.String,
    "target_code": pl.String,
    "addressee_code": pl.String,
    "act_date": pl.Date,
    "done_date": pl.Date,
    "date_precision": pl.String,
    "act_type": pl.String,
    "domain_type": pl.String,
    "is_verbal": pl.Boolean,
    "phase_type": pl.String,
    "formalises_act_id": pl.String,
    "intensity_goldstein": pl.Float64,
    "summary": pl.String,
    "value_usd": pl.Float64,
    "tariff_rate_pct": pl.Float64,
    "n_tariff_lines": pl.Int64,
    "n_subjects": pl.Int64,
}


def act(actor: str, day: date, **more: Any) -> dict[str, Any]:
    other = "BEL" if actor == "FRA" else "FRA"
    name = more.pop("name", f"{actor.lower()}-{day}")
    return {
        "act_id": name,
        "package_id": name,
        "actor_code": actor,
        "target_code": other,
        "addressee_code": other,
        "act_date": day,
        "date_precision": "day",
        "act_type": "tariff_measure",
        "domain_type": "trade_measure",
        "is_verbal": False,
        "phase_type": "decision",
        "intensity_goldstein": 5.0,
        "summary": "An act.",
    } | more


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA)


def links(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [{"reply_act_id": a, "act_id": b, "is_main": True, "answers_type": "act"} for a, b in rows],
        schema={
            "reply_act_id": pl.String,
            "act_id": pl.String,
            "is_main": pl.Boolean,
            "answers_type": pl.String,
        },
    )


def asked(name: str = "fra-bel", **more: Any) -> Case:
    span = {"start": "2020-01-01", "end": "2021-12-31"}
    given = {
        "title": "France and Belgium",
        "question": "Who answers?",
        "pair": ["FRA", "BEL"],
        "window": span,
        "escalation": {
            "dense": span,
            "first_test_day": "2021-06-01",
            "with_driver": "plain",
            "without_driver": "plain",
            "variants": {"plain": {"family": "poisson", "half_life": "common", "drivers": []}},
        },
        "impact": {"reporter": "FRA", "target": "BEL"},
    } | more
    import json

    return Case.model_validate_json(json.dumps(given)).model_copy(update={"name": name})


def of(acts: pl.DataFrame, replies: pl.DataFrame) -> Any:
    return case_acts(acts, replies, asked(), hostile_scale="intensity_goldstein", hostile_above=0)


D = date(2020, 3, 1)


def after(days: int) -> date:
    return D + timedelta(days=days)


def test_a_package_counts_once_and_late_answers_are_none() -> None:
    acts = frame(
        act("FRA", D, name="a1", package_id="a"),
        act("FRA", D, name="a2", package_id="a"),
        act("FRA", after(5), name="b"),
        act("BEL", after(2), name="reply"),
        act("BEL", after(100), name="late", is_verbal=True),
        act("FRA", date(2021, 12, 20), name="c"),
    )
    one = of(acts, links(("reply", "a2"), ("late", "b")))
    rates = {
        (row["asked_type"], row["answer_type"]): row
        for row in answer_rates(one, within_days=30, min_acts=1, level=0.95)
        if row["actor_code"] == "FRA"
    }
    assert (rates["any", "any"]["n"], rates["any", "any"]["k"]) == (2, 1)
    assert rates["any", "word"]["k"] == 0
    thin = answer_rates(one, within_days=30, min_acts=5, level=0.95)[0]
    assert thin["estimate"] is None
    assert thin["not_estimable"] == "2 acts are too few to tell a rate."


def test_lags_run_from_the_day_an_act_was_done() -> None:
    acts = frame(
        act("FRA", after(3), done_date=D, name="a"),
        act("BEL", after(4), name="r1"),
        act("FRA", after(10), name="b"),
        act("BEL", after(11), name="r2"),
    )
    one = of(acts, links(("r1", "a"), ("r2", "b")))
    row = next(r for r in lags(one, min_acts=2, level=0.95) if r["answering_code"] == "BEL")
    assert row["estimate"] == pytest.approx(2.5)
    assert (row["lower"], row["upper"]) == (1.0, 4.0)
    assert row["same_or_next_day"] == 0.5


def test_proportion_is_value_for_value_rate_for_rate_and_line_for_line() -> None:
    acts = frame(
        act("FRA", D, name="a", value_usd=34e9, tariff_rate_pct=25.0, n_tariff_lines=818),
        act("BEL", after(1), name="ra", value_usd=34e9, tariff_rate_pct=25.0, n_tariff_lines=545),
        act("FRA", after(40), name="b", value_usd=16e9, tariff_rate_pct=25.0),
        act("BEL", after(41), name="rb", value_usd=16e9, tariff_rate_pct=25.0),
        act("FRA", after(80), name="c", value_usd=200e9, tariff_rate_pct=10.0),
        act("BEL", after(81), name="rc", value_usd=60e9, tariff_rate_pct=10.0),
    )
    one = of(acts, links(("ra", "a"), ("rb", "b"), ("rc", "c")))
    rows = {row["measure"]: row for row in proportions(one, level=0.95)}
    assert rows["value_usd"]["estimate"] == pytest.approx(0.3 ** (1 / 3))
    assert (rows["value_usd"]["n"], rows["value_usd"]["n_equal"]) == (3, 2)
    assert rows["tariff_rate_pct"]["estimate"] == pytest.approx(1.0)
    assert rows["n_tariff_lines"]["estimate"] is None, "one pair has no interval"
    pairs = proportion_pairs(one)
    assert pairs.filter(pl.col("measure") == "value_usd")["ratio"].to_list() == pytest.approx([1.0, 1.0, 0.3])
    assert in_kind(one, min_acts=3, level=0.95)[1]["estimate"] == 1.0


def test_an_easing_is_no_ratio() -> None:
    acts = frame(
        act("FRA", D, name="a", tariff_rate_pct=-7.5), act("BEL", after(1), name="r", tariff_rate_pct=-5.0)
    )
    rows = {row["measure"]: row for row in proportions(of(acts, links(("r", "a"))), level=0.95)}
    assert rows["tariff_rate_pct"]["n"] == 0


def ladder(*, last: dict[str, Any] | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = [act("FRA" if n % 2 == 0 else "BEL", after(n), name=f"s{n}", value_usd=10.0) for n in range(4)]
    rows[3] = rows[3] | (last or {})
    return frame(*rows, act("BEL", after(1), name="side")), links(
        ("s1", "s0"), ("s2", "s1"), ("s3", "s2"), ("side", "s0")
    )


@pytest.mark.parametrize(
    ("last", "extra", "outside", "end"),
    [
        (None, (), (), "no_answer"),
        ({"value_usd": 4.0}, (), (), "smaller_answer"),
        (
            None,
            (act("FRA", after(20), name="t", act_type="agreement", intensity_goldstein=-5.0),),
            (),
            "truce",
        ),
        (None, (), (after(10),), "outside_event"),
        ({"act_date": date(2021, 12, 20)}, (), (), "record_ends"),
    ],
)
def test_a_chain_is_as_long_as_its_answers_and_its_end_is_named(
    last: dict[str, Any] | None, extra: tuple[dict[str, Any], ...], outside: tuple[date, ...], end: str
) -> None:
    acts, replies = ladder(last=last)
    one = of(pl.concat([acts, frame(*extra)]), replies)
    told, steps = chains(one, Ends(["agreement"], outside, 30))
    assert told.select("chain_id", "first_actor_code", "n_acts", "end_type").rows() == [("s0", "FRA", 4, end)]
    assert steps["act_id"].to_list() == ["s0", "s1", "s2", "s3"]


def test_an_episode_holds_the_answers_to_its_own_acts() -> None:
    acts, replies = ladder()
    part = within(of(acts, replies), D, after(1))
    assert set(part.pairs["act_id"]) == {"s0", "s1"}
    assert part.end == after(1)


def test_a_case_without_acts_and_a_silent_side_give_sentences_and_no_number() -> None:
    empty, none = frame(), links()
    acts, replies = ladder()
    events = pl.DataFrame(schema={"event_type": pl.String, "event_date": pl.Date})
    loud = pl.concat([acts, acts.with_columns(pl.col("actor_code", "act_id"))]).unique("act_id")
    values, rows = compare(loud, replies, events, [asked("one"), asked("two")], params=PARAMS)
    assert set(rows) == set(FRAMES)
    assert [one["n_answers"] for one in values["cases"]] == [4, 4]
    assert NOT_ESTIMABLE in values["first_moves"][0]
    values, rows = compare(empty, none, events, [asked("one"), asked("two")], params=PARAMS)
    assert NOT_ESTIMABLE in values["excitation"]
    assert all(NOT_ESTIMABLE in one for one in values["pooled"].values())
    assert rows["answer_rates"]["estimate"].null_count() == len(rows["answer_rates"])


def test_effects_on_trade_keep_the_unit_of_their_measure() -> None:
    found = {
        "one": {
            "tariffs": {
                "exports": {"elasticity": {"estimate": -1.8, "lower": -4.0, "upper": 0.4, "n_obs": 9}}
            }
        },
        "two": {
            "area_goods": {
                "export": {
                    "goods": {"estimate": -0.9, "lower": -1.0, "upper": None, "level": 0.95, "n_obs": 5}
                }
            }
        },
        "three": {"tariffs": {"not_estimable": "No tariffs."}},
    }
    rows = trade_effects(found)
    assert [(row["case"], row["finding"]) for row in rows] == [
        ("one", "tariffs.exports.elasticity"),
        ("two", "area_goods.export.goods"),
    ]
    assert rows[0]["unit"] != rows[1]["unit"]
    assert (rows[1]["upper"], rows[1]["level"]) == (None, 0.95)
