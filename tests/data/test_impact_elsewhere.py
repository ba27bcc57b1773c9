"""Another target, coalition, product set and window by parameters alone: events whose outcome is known.

China stopped buying Australian coal in the last quarter of 2020 without saying so, and bought it again from
2023; the European Union embargoed Iranian oil from July 2012. Neither is in the project's own record: the
dates here serve to ask whether the same functions find what happened.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from retorsion import case, parameters
from retorsion.impact.coalition import coalition_effect, coalition_event_study, gravity_panel
from retorsion.impact.diversion import find_diversion
from retorsion.impact.replacement import find_replacement
from retorsion.params import ImpactCase
from retorsion.project import scan

pytestmark = pytest.mark.data

COAL = {"270112": "Bituminous coal", "270119": "Other coal"}
OIL = {"270900": "Crude oil"}
EUROPE = ["AUT", "BEL", "DEU", "ESP", "FRA", "GBR", "GRC", "ITA", "NLD", "POL", "PRT"]


def coalition(codes: list[str], joined: date, left: date | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"member_code": codes, "joined_date": joined, "left_date": left},
        schema={"member_code": pl.String, "joined_date": pl.Date, "left_date": pl.Date},
    )


CHINA = coalition(["CHN"], date(2020, 10, 1), date(2023, 1, 1))


@pytest.fixture(scope="module")
def pairwise() -> pl.DataFrame:
    source = case().impact.pairwise
    return scan("trade_flows").filter(pl.col("source_id") == source).collect()


def panel(pairwise: pl.DataFrame, products: dict[str, str], first: int, last: int) -> pl.DataFrame:
    large = pairwise.filter(pl.col("value_kusd") >= parameters().impact.gravity.minimum_value_kusd)
    return gravity_panel(large, years=range(first, last + 1), product_codes=list(products))


def test_one_buyer_stopped_buying_coal_from_one_seller(pairwise: pl.DataFrame) -> None:
    coal = panel(pairwise, COAL, 2016, 2022)
    effect = coalition_effect(coal, CHINA, target_code="AUS", with_correction=False)
    assert effect.n_members == 1
    assert effect.plain.upper is not None
    assert effect.plain.upper < -1.0  # by more than two thirds, at the least
    path = coalition_event_study(coal, CHINA, target_code="AUS", reference_year=2019).frame()
    by_year = dict(path.select("period", "estimate").iter_rows())
    assert max(abs(by_year[year]) for year in (2016, 2017, 2018)) < 0.7
    assert by_year[2021] < -2.0


def test_where_the_coal_went_and_who_took_its_place(pairwise: pl.DataFrame) -> None:
    replaced_good = {"name": "Coal", "hs6": list(COAL), "base_year": 2019, "comparison_year": 2021}
    asked = ImpactCase.model_validate(
        {
            "reporter": "CHN",
            "target": "AUS",
            "coalition": "buyers of coal",
            "pairwise": "all pairs",
            "years": [2015, 2021],
            "base_year": 2019,
            "comparison_year": 2021,
            "products": list(COAL),
            "diversion": {
                "member_day": "2021-06-30",
                "other_windows": [{"base": [2018, 2019], "comparison": [2021, 2022]}],
            },
            "replacement": [replaced_good],
        }
    )
    found = find_diversion(
        pairwise.filter(pl.col("product_code").is_in(list(COAL))),
        CHINA,
        asked=asked,
        params=parameters(),
        names=COAL,
    )
    total = found.values["totals"][0]
    assert total["coalition_change"] < -7e6  # thousand dollars: Australia sold China 8.4 billion in 2019
    assert total["coalition_change"] + total["other_change"] == pytest.approx(
        total["value_comparison"] - total["value_base"]
    )
    replaced = find_replacement(pairwise, asked=asked)
    suppliers = (
        replaced.rows["replacement"].filter(pl.col("unit") == "value_kusd").sort("change", descending=True)
    )
    assert {"IDN", "RUS"} <= set(suppliers["exporter_code"].head(3))


def test_an_embargo_of_many_on_one(pairwise: pl.DataFrame) -> None:
    oil = panel(pairwise, OIL, 2007, 2014)
    embargo = coalition(EUROPE, date(2012, 7, 1), date(2016, 1, 16))
    effect = coalition_effect(oil, embargo, target_code="IRN", with_correction=False)
    assert effect.plain.upper is not None
    assert effect.plain.upper < -1.0
    assert effect.n_members > 5
