"""Importers' records take the place of a mixture, and goods without rows are told as not measurable."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from invented_acts import case_of, params_of
from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.goods import Good
from retorsion.impact.one_record import OneRecord, find_records, one_record
from retorsion.impact.records import OwnRecord
from retorsion.params import ImpactCase

OIL, HARD, SOFT, GAS, METAL = "270900", "270111", "270112", "271121", "760110"
GOODS = {
    "oil": Good("item", "oil", "Crude oil", (OIL,)),
    "coal": Good("item", "coal", "Coal", (HARD, SOFT)),
    "gas": Good("item", "gas", "Pipeline gas", (GAS,)),
    "tar": Good("item", "tar", "Tar"),
}
RATES = pl.DataFrame(
    {
        "rate_date": [date(2021, month, 1) for month in range(1, 13)],
        "currency_code": "USD",
        "units_per_eur": 1.5,
    }
)


def asked(**parts: Any) -> ImpactCase:
    given: dict[str, Any] = {
        "pairwise": "all_pairs",
        "years": [2021, 2022],
        "base_year": 2021,
        "comparison_year": 2022,
        "products": [OIL, SOFT, GAS, METAL],
        "importers": {"source": "own_records", "usd_per_eur": 2.0, "min_months": 11},
    }
    return case_of(impact=given | parts).impact


def pairwise(rows: list[tuple[int, str, str, str, float]]) -> pl.DataFrame:
    """Year, exporter, importer, product, thousand dollars; the target is silent from 2022."""
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
                "quantity_tonnes": value / 10,
                "valuation_type": "CIF" if exporter == "RUS" and year >= 2022 else "unknown",
            }
            for year, exporter, importer, product, value in rows
        ]
    )


def own_records(rows: list[tuple[str, str, int, float, float]]) -> pl.DataFrame:
    """Importer, group, months of 2021, euros and tonnes a month."""
    return pl.DataFrame(
        [
            {
                "period_start": date(2021, month, 1),
                "n_months": 1,
                "reporter_code": importer,
                "partner_code": "RUS",
                "is_aggregate": False,
                "flow_type": "import",
                "product_code": group,
                "value_eur": value,
                "quantity_tonnes": tonnes,
            }
            for importer, group, months, value, tonnes in rows
            for month in range(1, months + 1)
        ]
    )


TRADE = pairwise(
    [
        (2021, "RUS", "JPN", OIL, 100.0), (2022, "RUS", "JPN", OIL, 150.0),
        (2021, "RUS", "JPN", HARD, 30.0), (2021, "RUS", "JPN", SOFT, 10.0),
        (2021, "RUS", "CHN", HARD, 60.0), (2022, "RUS", "CHN", HARD, 90.0),
        (2021, "RUS", "CHN", METAL, 5.0), (2022, "RUS", "CHN", METAL, 6.0),
        (2021, "RUS", "CHN", GAS, 40.0), (2022, "RUS", "CHN", GAS, 80.0),
        (2021, "AUS", "JPN", SOFT, 500.0), (2022, "AUS", "JPN", SOFT, 600.0),
        (2021, "QAT", "JPN", GAS, 7.0), (2022, "QAT", "JPN", GAS, 7.0),
    ]
)  # fmt: skip
OWN = own_records(
    [
        ("JPN", "oil", 12, 5000.0, 1.0),  # 120 thousand dollars at 2 dollars for a euro
        ("JPN", "coal", 12, 2500.0, 1.0),  # 60, of which a quarter is soft as among all pairs
        ("CHN", "coal", 10, 9000.0, 1.0),  # ten months are no record of the year
        ("KOR", "coal", 11, 100.0, 0.1),  # 2.2, without a row among all pairs: as all importers' coal
        ("CHN", "gas", 12, 1500.0, 1.0),
        ("DEU", "gas", 12, 4500.0, 1.0),  # three quarters of the gas have no row among all pairs
        ("JPN", "tar", 12, 99.0, 1.0),  # belongs to no product
    ]
)


def record(own: pl.DataFrame = OWN, trade: pl.DataFrame = TRADE, **parts: Any) -> OneRecord:
    return one_record(trade, own, RATES, asked=asked(**parts), params=params_of(), goods=GOODS)


def of_2021(flows: pl.DataFrame, exporter: str = "RUS") -> dict[tuple[str, str], tuple[float, str]]:
    chosen = flows.filter(
        (pl.col("period_start") == date(2021, 1, 1)) & (pl.col("reporter_code") == exporter)
    )
    return {
        (importer, product): (value, kind)
        for importer, product, value, kind in chosen.select(
            "partner_code", "product_code", "value_kusd", "record_type"
        ).iter_rows()
    }


def test_complete_records_replace_the_mixture_and_say_whose_they_are() -> None:
    found = of_2021(record().flows)
    assert found["JPN", OIL] == (pytest.approx(120.0), "importer")
    assert found["JPN", HARD] == (pytest.approx(45.0), "importer")
    assert found["JPN", SOFT] == (pytest.approx(15.0), "importer")
    assert found["CHN", HARD] == (60.0, "mixed")  # ten months only
    assert found["CHN", METAL] == (5.0, "mixed")  # no record of metal
    # Korea has no row: divided as the coal of all importers, of which a tenth is soft
    assert found["KOR", HARD] == (pytest.approx(1.98), "importer")
    assert found["KOR", SOFT] == (pytest.approx(0.22), "importer")


def test_years_of_silence_are_importers_records_already() -> None:
    later = record().flows.filter(pl.col("period_start") == date(2022, 1, 1))
    own = later.filter(pl.col("reporter_code") == "RUS")
    assert set(own["record_type"]) == {"importer"}
    assert own.filter(pl.col("product_code") == OIL)["value_kusd"].to_list() == [150.0]
    assert set(later.filter(pl.col("reporter_code") == "AUS")["record_type"]) == {"mixed"}


def test_goods_whose_buyers_have_no_row_cannot_be_measured() -> None:
    found = record()
    assert list(found.unmeasured) == [GAS]
    assert "75% is of states for which the source of all pairs has no row" in found.unmeasured[GAS]
    assert GAS not in set(found.flows["product_code"])  # of no exporter
    assert found.without_unmeasured(asked()).products == (OIL, SOFT, METAL)
    assert all(GAS not in set(other["product_code"]) for other in found.others.values())


def test_the_other_choices_are_the_mixture_and_the_reference_rate() -> None:
    others = record().others
    assert of_2021(others["the source of all pairs alone"])["JPN", OIL][0] == 100.0
    assert of_2021(others["reference rates of the euro"])["JPN", OIL][0] == pytest.approx(90.0)


def test_a_table_of_rates_that_does_not_reach_is_one_choice_fewer() -> None:
    found = one_record(TRADE, OWN, RATES.head(3), asked=asked(), params=params_of(), goods=GOODS)
    assert list(found.others) == ["the source of all pairs alone"]


def test_a_quantity_far_from_all_others_is_no_quantity() -> None:
    more = own_records([(code, "oil", 12, 5000.0, 1.0) for code in ("CHN", "IND", "KOR")])
    odd = own_records([("JPN", "oil", 12, 5000.0, 0.1)])  # ten times the price of the others
    buyers = ("CHN", "IND", "JPN", "KOR")
    trade = pairwise([(year, "RUS", code, OIL, 100.0) for year in (2021, 2022) for code in buyers])
    flows = record(pl.concat([more, odd]), trade).flows.filter(pl.col("period_start") == date(2021, 1, 1))
    tonnes = dict(flows.select("partner_code", "quantity_tonnes").iter_rows())
    assert tonnes["JPN"] is None
    assert tonnes["CHN"] == pytest.approx(12.0)


def test_without_importers_records_the_flows_stay_and_a_sentence_says_so() -> None:
    found = record(OWN.clear())
    assert found.flows.drop("record_type").equals(TRADE)
    assert found.unmeasured == {}
    with pytest.raises(NotEstimable, match="No importers' own records"):
        find_records(found, TRADE, asked=asked(), goods=GOODS)
    unasked = one_record(TRADE, OWN, RATES, asked=asked(importers=None), params=params_of(), goods=GOODS)
    assert unasked.flows.drop("record_type").equals(TRADE)


def test_against_a_record_of_nobody_knows_whom_no_other_is_set() -> None:
    unknown = TRADE.with_columns(valuation_type=pl.lit("unknown"))
    found = record(trade=unknown)
    assert found.flows.drop("record_type").equals(unknown)
    assert set(found.flows["record_type"]) == {"mixed"}
    with pytest.raises(NotEstimable, match="does not say whose record its values of 2022 are"):
        find_records(found, unknown, asked=asked(), goods=GOODS)


def test_records_without_a_value_in_euros_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"impact\.importers\.source, value 'own_records'"):
        record(OWN.with_columns(value_eur=pl.lit(None, dtype=pl.Float64)))


def test_what_is_found_of_the_records() -> None:
    found = find_records(record(), TRADE, asked=asked(), goods=GOODS).values
    # 120 + 60 + 2.2 of 120 + 60 + 2.2 + 60 + 5
    assert found["stated"]["2021"]["importer"] == pytest.approx(182.2 / 247.2)
    assert found["stated"]["2022"]["importer"] == 1.0
    assert (found["rate"]["n_tested"], found["rate"]["n_whole"]) == (3, 3)
    gas = found["unmeasured"][0]
    assert (gas["n_importers"], gas["n_missing"]) == (2, 1)
    assert gas["missing"] == [{"importer_code": "DEU", "value_kusd": pytest.approx(108.0)}]
    assert {one["name"] for one in found["groups"]} == {"Crude oil", "Coal", "Pipeline gas"}


def test_the_record_is_set_beside_the_reporters_own_statistics() -> None:
    own = OwnRecord(
        rows=pl.DataFrame(
            [(2021, "Oil", 120.0, 100.0), (2022, "Oil", 150.0, 0.0), (2020, "Oil", 9.0, 9.0)],
            schema=["year", "group_code", "value", "own_value"],
            orient="row",
        ),
        products={"Oil": [OIL]},
        tolerance=0.01,
    )
    found = find_records(record(), TRADE, asked=asked(), goods=GOODS, own=own).values["own"]
    assert [(one["year"], one["ratio"]) for one in found] == [(2021, pytest.approx(1.2))]


def test_a_rate_that_is_not_the_producers_gives_no_whole_dollars() -> None:
    odd = record(
        own_records([("JPN", "oil", 12, 5000.1, 1.0)]),
        importers={"source": "own_records", "usd_per_eur": 1.07, "min_months": 11},
    )
    found = find_records(odd, TRADE, asked=asked(), goods=GOODS).values["rate"]
    assert (found["n_tested"], found["n_whole"]) == (1, 0)
