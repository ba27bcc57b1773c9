"""What the pages say of two records of one flow, and of buyers that no longer report."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from invented_acts import case_of, params_of
from retorsion.impact.accounting import last_records
from retorsion.impact.diversion import _buyers, _vanished, find_diversion
from retorsion.impact.mirror import _mirror_caveat, own_record
from retorsion.impact.price_volume import find_price_volume
from retorsion.impact.records import NO_OWN_RECORD, OwnRecord
from retorsion.impact.replacement import find_replacement
from retorsion.params import ImpactCase

GAS, COAL, METAL = "271111", "270112", "760110"
PRODUCTS = {GAS: "Gas", COAL: "Coal", METAL: "Metal"}


def asked(**parts: Any) -> ImpactCase:
    """What is asked of Japan's trade with Russia in the two years."""
    given = {"pairwise": "all_pairs", "years": [2021, 2022], "base_year": 2021, "comparison_year": 2022}
    return case_of(impact={**given, "products": list(PRODUCTS), **parts}).impact


def flows(rows: list[tuple[int, str, str, str, float, float | None]]) -> pl.DataFrame:
    """Year, exporter, importer, product, thousand dollars, tonnes."""
    return pl.DataFrame(
        [
            {
                "source_id": "all_pairs",
                "period_start": date(year, 1, 1),
                "n_months": 12,
                "reporter_code": exporter,
                "partner_code": importer,
                "is_aggregate": False,
                "flow_type": "export",
                "product_system": "hs6_h0",
                "product_level": "hs6",
                "product_code": product,
                "value_kusd": value,
                "quantity_tonnes": tonnes,
                "valuation_type": "FOB",
            }
            for year, exporter, importer, product, value, tonnes in rows
        ],
        schema_overrides={"quantity_tonnes": pl.Float64},
    )


TRADE = flows(
    [
        (2021, "RUS", "JPN", GAS, 80.0, 8.0),
        (2022, "RUS", "JPN", GAS, 150.0, 9.0),
        (2021, "RUS", "JPN", METAL, 50.0, 5.0),
        (2022, "RUS", "JPN", METAL, 60.0, 4.0),
        (2021, "RUS", "JPN", COAL, 90.0, 9.0),
        (2022, "RUS", "JPN", COAL, 2.0, 0.2),
        (2021, "RUS", "CHN", GAS, 10.0, 1.0),
        (2022, "RUS", "CHN", GAS, 90.0, 9.0),
    ]
)

#: The importer's own statistics: more gas in 2021; more coal too, in a year of hardly any.
OWN = OwnRecord(
    rows=pl.DataFrame(
        [
            (2021, "Gas", 80.0, 100.0),
            (2022, "Gas", 150.0, 150.0),
            (2021, "Coal", 90.0, 90.0),
            (2022, "Coal", 2.0, 2.2),
        ],
        schema=["year", "group_code", "value", "own_value"],
        orient="row",
    ),
    products={"Gas": [GAS], "Coal": [COAL]},
    tolerance=0.01,
)


def test_a_group_differs_by_its_gap_in_the_larger_of_two_years() -> None:
    assert OWN.differing(2021, 2022)["group_code"].to_list() == ["Gas"]
    gas = OWN.differing(2021, 2022).row(0, named=True)
    assert (gas["gap_base"], gas["gap_comparison"]) == (-20.0, 0.0)
    assert gas["gap_share"] == pytest.approx(20 / 150)
    assert OWN.differing(2021, 2023).is_empty()  # a year without a record cannot be judged
    assert NO_OWN_RECORD.differing(2021, 2022).is_empty()


def split(own: OwnRecord) -> dict[str, Any]:
    found = find_price_volume(
        TRADE,
        asked=asked(price_volume={"windows": [[2021, 2022]]}),
        params=params_of(),
        names=PRODUCTS,
        own=own,
    )
    reporter: dict[str, Any] = found.values["sums"][0]
    return reporter


def test_a_product_of_another_record_is_left_out_and_told_on_its_own() -> None:
    found = split(OWN)
    assert [one["name"] for one in found["left_out"]] == ["Gas"]
    assert found["left_out"][0]["reason"] == "2021: 20% less than in own statistics"
    assert found["left_out_own_change"] == pytest.approx(50.0)  # not the 70 of the pairwise source
    assert found["change"] == pytest.approx((60 - 50) + (2 - 90))
    assert found["share_tested"] == pytest.approx(92 / 202)  # coal, of coal and metal


def test_without_statistics_of_its_own_nothing_is_left_out() -> None:
    found = split(NO_OWN_RECORD)
    assert found["left_out"] == []
    assert found["change"] == pytest.approx((150 - 80) + (60 - 50) + (2 - 90))
    assert found["share_tested"] == 0
    assert own_record(TRADE, TRADE, TRADE, asked=asked(), params=params_of(), goods={}).rows.is_empty()


def test_diversion_and_replacement_flag_products_of_another_record() -> None:
    coalition = pl.DataFrame(
        {"member_code": ["JPN"], "joined_date": [date(2022, 1, 1)], "left_date": [None]},
        schema_overrides={"left_date": pl.Date},
    )
    found = find_diversion(
        TRADE,
        coalition,
        asked=asked(diversion={"member_day": "2022-12-31"}, coalition="allies"),
        params=params_of(),
        names=PRODUCTS,
        own=OWN,
    )
    flagged = {one["name"]: one["record_gap_base"] for one in found.values["products"]}
    assert flagged == {"Gas": -20.0, "Coal": None, "Metal": None}
    replaced = find_replacement(
        TRADE,
        asked=asked(
            replacement=[
                {"name": name, "hs6": [code], "base_year": 2021, "comparison_year": 2022}
                for code, name in PRODUCTS.items()
            ]
        ),
        own=OWN,
    )
    shares = {one["name"]: one["record_gap_share"] for one in replaced.values["products"]}
    assert shares == {"Gas": pytest.approx(20 / 150), "Coal": None, "Metal": None}


YEARS = pl.DataFrame(
    [
        (2021, "ARE", "gold", 1.0, 0.1),
        (2022, "ARE", "gold", 30.0, 0.6),
        (2023, "ARE", "gold", 20.0, 0.2),  # and then no record
        (2021, "BLR", "oil", 9.0, 0.9),
        (2021, "CHN", "gold", 9.0, 0.9),
        (2022, "CHN", "gold", 20.0, 0.4),
        (2023, "CHN", "gold", 80.0, 0.8),
        (2024, "CHN", "gold", 60.0, 1.0),
    ],
    schema=["year", "importer_code", "product_code", "value", "share"],
    orient="row",
)


def test_a_buyer_that_vanished_is_worth_what_it_bought_last() -> None:
    last = last_records(YEARS, after=2024)
    assert last.rows() == [("ARE", "gold", 2023, 20.0, True), ("BLR", "oil", 2021, 9.0, True)]
    found, rows = _vanished(YEARS, [], 2021, 2024, ["gold", "oil"], {"gold": "Gold"})
    assert rows["name"].to_list() == ["Gold", "product oil"]
    assert (found["n_destinations"], found["n_silent"]) == (2, 2)
    assert found["share_of_exports"] == pytest.approx(20 / 100 + 9 / 19)
    # of gold the Emirates were the largest buyer in 2022, of oil Belarus was in 2021
    assert [
        (one["product_code"], one["vanished_buyer"], one["vanished_year"]) for one in found["main_buyers"]
    ] == [
        ("gold", "ARE", 2022),
        ("oil", "BLR", 2021),
    ]
    inside, _ = _vanished(YEARS, ["ARE", "BLR"], 2021, 2024, ["gold"], {})
    assert (inside["n_destinations"], inside["share_of_exports"], inside["main_buyers"]) == (0, 0.0, [])


def test_a_buyer_that_reports_on_may_have_no_record_of_one_product() -> None:
    oil = pl.DataFrame([(2021, "CHN", "oil", 21.0, 0.5)], schema=YEARS.schema, orient="row")
    found, rows = _vanished(pl.concat([YEARS, oil]), [], 2021, 2024, ["gold", "oil"], {})
    assert rows.filter(pl.col("importer_code") == "CHN").select("product_code", "is_silent").rows() == [
        ("oil", False)
    ]
    assert (found["n_pairs"], found["n_destinations"], found["n_silent"]) == (3, 3, 2)
    assert found["value_last"] - found["value_silent"] == pytest.approx(21.0)


def test_a_buyer_that_reports_nothing_any_more_has_no_value_at_the_end() -> None:
    _, gone = _vanished(YEARS, [], 2021, 2024, ["gold", "oil"], {})
    found = _buyers(YEARS, ["CHN"], gone, (2021, 2024))
    assert found.rows() == [
        ("ARE", False, 1.0, None),
        ("BLR", False, 9.0, None),
        ("CHN", True, 9.0, 60.0),
    ]


def test_only_a_target_that_published_can_be_behind_a_difference() -> None:
    caveat = _mirror_caveat([2021, 2023, 2024, 2023], 2021)
    assert "in 2021, the state under measures still published" in caveat
    assert "The differences of 2023 and 2024 are unexplained." in caveat
    unknown = _mirror_caveat([2021], None)
    assert "published" not in unknown
    assert "The differences of 2021 are unexplained." in unknown
    assert "unexplained" not in _mirror_caveat([], 2021)
