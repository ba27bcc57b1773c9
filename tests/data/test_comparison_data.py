"""Answers that are known from the time, found by the functions of the comparison in the built tables."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from retorsion.comparison.chains import Ends, chains
from retorsion.comparison.effects import EFFECTS, trade_effects
from retorsion.comparison.pairs import CaseActs, case_acts
from retorsion.comparison.quantities import proportion_pairs
from retorsion.errors import RetorsionError
from retorsion.project import case, finding, load, parameters

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def known() -> CaseActs:
    if "usa-chn" not in parameters().cases:
        pytest.skip("the project has no case usa-chn")
    try:
        acts, replies = load("acts"), load("replies")
    except RetorsionError as reason:
        pytest.skip(str(reason))
    hostile = parameters().escalation.hostile
    return case_acts(acts, replies, case("usa-chn"), hostile_scale=hostile.scale, hostile_above=hostile.above)


def test_a_list_was_answered_by_a_list_the_next_day(known: CaseActs) -> None:
    pair = known.pairs.filter(pl.col("act_id") == "usa-2018-04-03-301-list-proposed")
    assert pair["lag_days"].min() == 1
    assert pair["is_in_kind"].any()


def test_a_consulate_was_answered_by_a_consulate_in_three_days(known: CaseActs) -> None:
    pair = known.pairs.filter(pl.col("reply_act_id") == "chn-2020-07-24-chengdu-consulate")
    row = pair.row(0, named=True)
    assert (row["lag_days"], row["is_in_kind"], row["is_deed"]) == (3, True, True)


def test_thirty_four_for_thirty_four_sixteen_for_sixteen_and_sixty_for_two_hundred(known: CaseActs) -> None:
    pairs = proportion_pairs(known).filter(pl.col("measure") == "value_usd")
    found = {
        (round(asked / 1e9), round(answer / 1e9))
        for asked, answer in pairs.select("asked", "answer").iter_rows()
    }
    assert {(34, 34), (16, 16), (200, 60)} <= found


def test_the_ladder_of_april_2025_is_one_chain(known: CaseActs) -> None:
    told, steps = chains(known, Ends(["agreement"], [], 30))
    ladder = told.filter(pl.col("start") == date(2025, 4, 2)).row(0, named=True)
    assert ladder["n_acts"] >= 6
    rates = steps.filter(pl.col("chain_id") == ladder["chain_id"])["tariff_rate_pct"].to_list()
    assert rates[:5] == [34.0, 34.0, 50.0, 50.0, 41.0]


def test_every_effect_on_trade_that_is_looked_for_is_found_in_some_case() -> None:
    try:
        effects = trade_effects({name: finding("impact", name) for name in parameters().cases})
    except RetorsionError as reason:
        pytest.skip(str(reason))
    assert {row["finding"] for row in effects} == {".".join(path) for path, _ in EFFECTS}
