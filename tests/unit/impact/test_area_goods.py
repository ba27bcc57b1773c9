"""The finding on goods under measures by area: what it says, and what it says where there is nothing to say."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest
from invented_acts import params_of
from retorsion.impact.area_goods import find_area_goods
from retorsion.impact.findings import Found
from retorsion.impact.goods import Good
from retorsion.impact.gravity import under_embargo
from retorsion.impact.monthly_models import partner_months
from retorsion.params import ImpactCase

MONTHS = [date(2021 + k // 12, 1 + k % 12, 1) for k in range(30)]
GOODS = {
    name: Good("item", name, name.title()) for name in ("chips", "cars", "fish", "toys", "books", "shoes")
}
AREAS = ("RUS", "USA", "CHN", "KOR", "DEU", "FRA")
PARAMS = params_of({"impact.area_goods.minimum_untreated": 3})
MEASURES = pl.DataFrame(
    {
        "measure_id": ["ban", "later"],
        "imposer_code": ["JPN", "JPN"],
        "target_code": ["RUS", "RUS"],
        "flow_type": ["export", "import"],
        "announced_date": [date(2022, 3, 1), date(2022, 3, 1)],
        "effective_date": [date(2022, 3, 15), None],
        "ended_date": [None, None],
    },
    schema_overrides={"ended_date": pl.Date},
)
SCOPE = pl.DataFrame({"measure_id": ["ban", "ban", "later"], "product_code": ["chips", "cars", "fish"]})


def asked(**changes: Any) -> ImpactCase:
    part = {
        "source": "japan_area_goods",
        "value_column": "value_thousand_jpy",
        "export": {"goods": list(GOODS)},
        **changes,
    }
    return ImpactCase.model_validate({"reporter": "JPN", "target": "RUS", "area_goods": part})


def trade(effect: float | None = -1.0, areas: tuple[str, ...] = AREAS) -> pl.DataFrame:
    """Monthly exports by area and goods; August 2021 is part of the row of July."""
    rng = np.random.default_rng(4)
    rows: list[tuple[Any, ...]] = []
    for area in areas:
        total: dict[date, float] = dict.fromkeys(MONTHS, 0.0)
        for good in GOODS:
            for month in MONTHS:
                under = area == "RUS" and good in ("chips", "cars") and month >= date(2022, 4, 1)
                shift = (effect or 0.0) * under
                stopped = under and effect is None
                value = 0.0 if stopped else 1000 * float(np.exp(shift + rng.normal(0, 0.1)))
                total[month] += value
                rows.append((area, "item", good, month, 1, round(value)))
        rows += [(area, "total", "all", month, 1, round(value)) for month, value in total.items()]
    frame = pl.DataFrame(
        rows,
        schema=[
            "partner_code",
            "product_level",
            "product_code",
            "period_start",
            "n_months",
            "value_thousand_jpy",
        ],
        orient="row",
    )
    july, august = (pl.col("period_start") == date(2021, month, 1) for month in (7, 8))
    merged = frame.with_columns(
        n_months=pl.when(july).then(2).otherwise("n_months"),
        value_thousand_jpy=pl.when(july)
        .then(pl.col("value_thousand_jpy") * 2)
        .otherwise("value_thousand_jpy"),
    ).filter(~august)
    return merged.with_columns(
        source_id=pl.lit("japan_area_goods"),
        reporter_code=pl.lit("JPN"),
        flow_type=pl.lit("export"),
        is_aggregate=pl.lit(value=False),
        n_months=pl.col("n_months").cast(pl.Int64),
    )


def find(flows: pl.DataFrame, scope: pl.DataFrame = SCOPE, measures: pl.DataFrame = MEASURES) -> Found:
    return find_area_goods(flows, measures, scope, asked=asked(), params=PARAMS, goods=GOODS)


def test_the_effect_is_told_with_both_ranges_and_a_row_of_two_months_counts_once() -> None:
    found = find(trade())
    values = found.values["export"]
    assert values["effect"]["estimate"] == pytest.approx(-1.0, abs=0.1)
    assert values["areas"]["n_placebos"] == len(AREAS) - 1
    assert values["areas"]["smallest_p"] == pytest.approx(1 / len(AREAS))
    assert "29 periods from 2021-01 to 2023-06" in values["effect"]["sample"]
    assert values["goods"]["p_value"] <= 0.1
    assert values["n_named"] == 2  # what a measure on imports names is no good under a ban on exports
    assert values["largest_group"] in ("Chips", "Cars", "Fish", "Toys", "Books", "Shoes")
    split = {(one["span"], one["kind_type"]): one["share"] for one in values["split"]}
    assert split["the first months", "in_force"] == pytest.approx(1.0, abs=0.3)
    assert "no yearly trade" in values["by_year"]["not_estimable"].lower()
    assert "names no groups" in found.values["import"]["not_estimable"]
    assert found.rows["area_goods_estimators"]["flow_type"].unique().to_list() == ["export"]


@pytest.mark.parametrize(
    ("flows", "scope", "words"),
    [
        (trade(), SCOPE.filter(pl.col("measure_id") == "later"), "name one of the goods"),
        (trade(), SCOPE.clear(), "name one of the goods"),
        (trade(areas=("RUS",)), SCOPE, "no other partner"),
        (trade(effect=None), SCOPE, "it stopped"),
        (trade().with_columns(flow_type=pl.lit("import")), SCOPE, "has no exports of JPN"),
        (trade().filter(pl.col("partner_code") != "RUS"), SCOPE, "no flow with RUS"),
    ],
)
def test_where_nothing_can_be_compared_there_is_a_sentence_and_no_number(
    flows: pl.DataFrame, scope: pl.DataFrame, words: str
) -> None:
    found = find(flows, scope)
    assert list(found.values["export"]) == ["not_estimable"]
    assert words in found.values["export"]["not_estimable"]
    assert found.rows == {}


def test_a_measure_against_another_state_names_nothing_here() -> None:
    elsewhere = MEASURES.with_columns(target_code=pl.lit("CHN"))
    assert "name one of the goods" in find(trade(), measures=elsewhere).values["export"]["not_estimable"]


def test_a_ban_of_the_other_side_on_its_imports_is_a_measure_on_exports_until_it_ends() -> None:
    ours = find(trade()).values["export"]["effect"]["estimate"]
    theirs = MEASURES.with_columns(
        imposer_code=pl.lit("RUS"),
        target_code=pl.lit("JPN"),
        flow_type=pl.lit("import"),
        ended_date=pl.lit(date(2023, 1, 1)),
    )
    scope = SCOPE.filter(pl.col("measure_id") == "ban")
    found = find(trade(), scope, theirs)
    assert found.values["export"]["n_named"] == 2
    assert found.rows["area_goods_dates"]["end_date"].to_list() == [date(2023, 1, 1)] * 2
    # what stays low after the end is the effect of no measure
    assert found.values["export"]["effect"]["estimate"] > ours + 0.1


def test_months_that_share_a_row_stand_once_among_partners() -> None:
    series = pl.DataFrame(
        {
            "partner_code": ["T"] * 4,
            "period_start": MONTHS[:4],
            "row_start": [MONTHS[0], MONTHS[1], MONTHS[1], MONTHS[3]],
            "value": [1.0, 2.0, 2.0, 3.0],
        }
    )
    episodes = pl.DataFrame({"start_date": [MONTHS[3]]})
    rows = partner_months(series, episodes, target_code="T", anticipation_months=0)
    assert rows["period_start"].to_list() == [MONTHS[0], MONTHS[1], MONTHS[3]]


def test_an_embargo_counts_in_the_years_in_which_it_was_in_force() -> None:
    table = pl.DataFrame(
        {
            "target_code": ["AAA", "BBB", "CCC"],
            "start_date": [date(2010, 1, 1), date(2020, 1, 1), date(2030, 1, 1)],
            "end_date": [date(2011, 6, 1), None, None],
        },
        schema_overrides={"end_date": pl.Date},
    )
    assert under_embargo(table, 2012, 2024) == {"BBB"}
    assert under_embargo(table, 2011, 2012) == {"AAA"}
