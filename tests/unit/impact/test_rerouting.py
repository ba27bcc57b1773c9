"""Exports around the target: what is counted, what is left out, and where nothing can be told."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from invented_acts import case_of, params_of
from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.findings import Found
from retorsion.impact.rerouting import find_rerouting
from retorsion.params import ImpactCase

WINDOW: dict[str, Any] = {
    "source": "exports",
    "after": {"start": "2022-04-01", "end": "2022-11-30"},
    "before": {"start": "2022-01-01", "end": "2022-02-28"},
    "base_year": 2021,
}
#: Two goods of which the target buys no more, one of which it buys as before.
LOST, LOST_TOO, KEPT = "84710000", "85420000", "33030000"


def asked(**parts: Any) -> ImpactCase:
    return case_of(impact={"rerouting": WINDOW | parts}).impact


def exports(values: dict[tuple[str, str], tuple[float, float, float]]) -> pl.DataFrame:
    """By partner and good: euros a month in 2021, in the months before and in those after."""
    months = [(2021, m) for m in range(1, 13)] + [(2022, m) for m in range(1, 12)]
    return pl.DataFrame(
        [
            {
                "period_start": date(year, month, 1),
                "n_months": 1,
                "reporter_code": "EU",
                "partner_code": partner,
                "flow_type": "export",
                "product_code": code,
                "value_eur": base if year == 2021 else before if month < 4 else after,
            }
            for (partner, code), (base, before, after) in values.items()
            for year, month in months
        ]
    )


TRADE: dict[tuple[str, str], tuple[float, float, float]] = {
    ("RUS", LOST): (60.0, 60.0, 0.0), ("RUS", LOST_TOO): (40.0, 40.0, 10.0), ("RUS", KEPT): (50.0, 50.0, 50.0),
    # Kazakhstan was growing by a half before, and buys twice as much of what the target buys as before
    ("KAZ", LOST): (10.0, 15.0, 40.0), ("KAZ", LOST_TOO): (10.0, 15.0, 10.0), ("KAZ", KEPT): (5.0, 7.5, 10.0),
    ("ARM", LOST): (4.0, 4.0, 10.0), ("ARM", KEPT): (1.0, 1.0, 1.0),
}  # fmt: skip


def found_of(values: dict[tuple[str, str], tuple[float, float, float]] = TRADE, **parts: Any) -> Found:
    published = parts.pop("published", ())
    priority = parts.pop("priority", ())
    params = params_of({"impact.rerouting.min_goods": 1})
    return find_rerouting(
        exports(values), asked=asked(**parts), params=params, published=published, priority=priority
    )


def told(found: Found, choice_type: str = "told", choice: str | None = None) -> dict[str, float | None]:
    rows = found.rows["rerouting"].filter(
        (pl.col("choice_type") == choice_type) & pl.col("choice").eq_missing(pl.lit(choice, dtype=pl.String))
    )
    return dict(rows.select("counterfactual", "share").iter_rows())


def test_the_excess_over_three_answers_to_what_would_have_been() -> None:
    found = found_of()
    fall = 60 + 30  # of what the target bought a month
    assert found.values["fall_eur"] == pytest.approx(8 * fall)
    assert told(found) == {
        "year_before": pytest.approx(((60 - 25) + (11 - 5)) / fall),
        "own_growth": pytest.approx(((60 - 25 * 1.5) + (11 - 5)) / fall),
        # of lost goods alone, grown as the good that the target still buys: doubled, and unchanged
        "other_goods": pytest.approx(((50 - 20 * 2) + (10 - 4)) / fall),
    }
    assert found.values["range"]["estimate"] == told(found)["own_growth"]


def test_each_hub_is_left_out_in_turn_and_others_hubs_are_looked_at() -> None:
    third = TRADE | {("GEO", LOST): (1.0, 1.0, 1.0)}
    found = found_of(third, published=[{"hubs": ["ARM", "KAZ"], "work": "Two 2023"}])
    without = told(found, "without", "KAZ")["year_before"]
    assert without == pytest.approx((11 - 5) / 90)
    assert told(found, "hubs", "ARM;KAZ")["year_before"] == pytest.approx((35 + 6) / 90)
    ratio = {one["partner_code"]: one["ratio"] for one in found.values["hubs"]}  # of all goods
    assert ratio["KAZ"] == pytest.approx(60 / 25)


def test_hubs_are_those_that_the_case_names() -> None:
    found = found_of(hubs=["ARM"])
    assert {one["partner_code"] for one in found.values["hubs"]} == {"ARM"}
    assert told(found)["year_before"] == pytest.approx(6 / 90)


def test_goods_of_a_list_are_looked_at_apart() -> None:
    found = found_of(priority=[LOST[:6]])
    assert told(found, "priority")["year_before"] == pytest.approx((30 + 6) / 60)
    assert told(found, "priority")["other_goods"] is None  # none of them is still sold


def test_codes_of_one_nomenclature_alone_are_left_out() -> None:
    renamed = TRADE | {("KAZ", "85171300"): (0.0, 0.0, 29.0), ("KAZ", "85171200"): (29.0, 0.0, 0.0)}
    found = found_of(renamed)
    assert found.values["n_products"] == 3
    assert found.values["share_left_out"] == pytest.approx(29 / (131 + 29))
    assert told(found) == told(found_of())


def test_the_course_is_told_by_its_ends() -> None:
    end = found_of().values["end"]
    assert end["first_share"] == pytest.approx(41 / 90)
    assert (end["first_month"], end["last_month"], end["is_rising"]) == ("2022-04", "2022-11", False)


def test_where_nothing_can_be_told_one_sentence_says_why() -> None:
    alone = {key: value for key, value in TRADE.items() if key[0] == "RUS"}
    with pytest.raises(NotEstimable, match="no partner besides the state under measures"):
        found_of(alone)
    with pytest.raises(NotEstimable, match="has no trade"):
        found_of(dict.fromkeys(TRADE, (0.0, 0.0, 0.0)))
    with pytest.raises(NotEstimable, match=r"has no month 2022-12"):
        found_of(after={"start": "2022-04-01", "end": "2022-12-31"})
    with pytest.raises(NotEstimable, match="both in the base year and after"):
        found_of({("RUS", LOST): (1.0, 0.0, 0.0), ("KAZ", KEPT): (0.0, 1.0, 1.0)})


def test_without_a_fall_there_is_no_share() -> None:
    grown = TRADE | {("RUS", LOST): (60.0, 60.0, 90.0), ("RUS", LOST_TOO): (40.0, 40.0, 40.0)}
    found = found_of(grown)
    assert "did not fall" in found.values["range"]["not_estimable"]
    assert set(told(found).values()) == {None}


def test_with_too_few_goods_the_growth_of_others_is_not_told() -> None:
    found = find_rerouting(exports(TRADE), asked=asked(), params=params_of({"impact.rerouting.min_goods": 2}))
    assert told(found)["other_goods"] is None  # one good alone is still sold to the target
    assert told(found)["year_before"] is not None


def test_a_source_of_several_exporters_is_refused() -> None:
    two = exports(TRADE)
    with pytest.raises(ParameterError, match="holds 2 reporters"):
        find_rerouting(
            pl.concat([two, two.with_columns(reporter_code=pl.lit("GBR"))]), asked=asked(), params=params_of()
        )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"base_year": 2022}, "later than base_year"),
        ({"after": {"start": "2022-04-01", "end": "2023-03-31"}}, "within one year"),
        ({"before": {"start": "2022-01-01", "end": "2022-05-31"}}, "before ends before after starts"),
    ],
)
def test_windows_that_do_not_fit_are_refused(parts: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        asked(**parts)
