"""Two records of one flow, exchange rates, and the reconciliation of two sources."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.records import (
    annual_cross_rates,
    annual_flows,
    compare_records,
    converted,
    cross_rates,
    directed_flows,
)


def flow(
    reporter: str,
    partner: str,
    value: float | None,
    *,
    flow_type: str = "export",
    period: date = date(2021, 1, 1),
    months: int = 12,
    product: str = "270112",
    quantity: float | None = None,
    valuation: str | None = None,
    level: str = "hs6",
) -> dict[str, Any]:
    return {
        "period_start": period,
        "n_months": months,
        "reporter_code": reporter,
        "partner_code": partner,
        "flow_type": flow_type,
        "product_system": "hs6_h0",
        "product_level": level,
        "product_code": product,
        "value_kusd": value,
        "quantity_tonnes": quantity,
        "valuation_type": valuation or ("FOB" if flow_type == "export" else "CIF"),
    }


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(
        list(rows),
        schema_overrides={"value_kusd": pl.Float64, "quantity_tonnes": pl.Float64, "n_months": pl.Int64},
    )


def test_exporter_and_importer_are_named_whoever_reported() -> None:
    flows = table(
        flow("AAA", "BBB", 1.0),
        flow("BBB", "AAA", 2.0, flow_type="import"),
        flow("AAA", "WLD", 9.0),
        flow("AAA", "GGG", 9.0),
    )
    directed = directed_flows(flows, exclude_codes=["GGG"])
    assert directed.select("exporter_code", "importer_code", "recorded_by_type", "value").rows() == [
        ("AAA", "BBB", "exporter", 1.0),
        ("AAA", "BBB", "importer", 2.0),
    ]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ParameterError, match="quantity_tonnes"):
        directed_flows(table(flow("AAA", "BBB", 1.0)).drop("quantity_tonnes"))


def test_only_the_world_is_nothing_to_compare() -> None:
    with pytest.raises(NotEstimable, match="between two states"):
        directed_flows(table(flow("AAA", "WLD", 1.0)))


def test_years_are_summed_and_a_missing_quantity_makes_the_sum_missing() -> None:
    months = [date(2021, m, 1) for m in range(1, 13)]
    rows = [flow("AAA", "BBB", 2.0, period=m, months=1, quantity=1.0) for m in months]
    rows += [
        flow("AAA", "CCC", 3.0, period=m, months=1, quantity=None if m.month == 5 else 1.0) for m in months
    ]
    annual = annual_flows(table(*rows), years=[2021])
    assert annual.rows() == [
        (2021, "AAA", "BBB", "270112", 24.0, 12.0),
        (2021, "AAA", "CCC", "270112", 36.0, None),
    ]


def test_a_year_of_fewer_than_twelve_months_is_not_compared() -> None:
    rows = [flow("AAA", "BBB", 1.0, period=date(2021, m, 1), months=1) for m in range(1, 12)]
    with pytest.raises(NotEstimable, match="2021 make up 11 months"):
        annual_flows(table(*rows), years=[2021])
    # a row for the last two months completes it
    rows[-1] = flow("AAA", "BBB", 1.0, period=date(2021, 11, 1), months=2)
    assert annual_flows(table(*rows), years=[2021])["value"].to_list() == [11.0]


def test_an_absent_row_in_a_covered_year_is_no_flow_and_in_an_uncovered_one_an_error() -> None:
    flows = table(flow("AAA", "BBB", 1.0), flow("CCC", "BBB", 1.0, period=date(2022, 1, 1)))
    assert len(annual_flows(flows, years=[2021, 2022], exporter_code="AAA")) == 1
    with pytest.raises(NotEstimable, match="2023 make up 0 months"):
        annual_flows(flows, years=[2023], exporter_code="AAA")


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ((flow("AAA", "BBB", 1.0), flow("AAA", "BBB", 1.0, level="total")), "overlap"),
        ((flow("AAA", "BBB", 1.0), flow("BBB", "AAA", 1.0, flow_type="import")), "recorded twice"),
        ((flow("AAA", "BBB", None),), "missing in 1 of 1"),
    ],
)
def test_what_would_be_counted_twice_or_not_at_all_is_refused(
    rows: tuple[dict[str, Any], ...], match: str
) -> None:
    with pytest.raises(ParameterError, match=match):
        annual_flows(table(*rows), years=[2021])


def rates(*rows: tuple[date, str, float]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={"rate_date": pl.Date, "currency_code": pl.String, "units_per_eur": pl.Float64},
        orient="row",
    )


RATES = rates(
    (date(2021, 1, 4), "USD", 1.2),
    (date(2021, 1, 4), "JPY", 126.0),
    (date(2021, 1, 5), "USD", 1.25),
    (date(2021, 1, 5), "JPY", 125.0),
    (date(2021, 2, 1), "USD", 1.0),
    (date(2021, 2, 1), "JPY", 120.0),
    (date(2021, 2, 2), "JPY", 999.0),
)


def test_cross_rate_is_the_mean_of_the_daily_ones() -> None:
    periods = pl.DataFrame(
        {"period_start": [date(2021, 1, 1), date(2021, 2, 1), date(2021, 1, 1)], "n_months": [1, 1, 2]}
    )
    found = cross_rates(RATES, from_currency="USD", to_currency="JPY", periods=periods)
    assert found.select("n_months", "rate", "n_days").rows() == [
        (1, pytest.approx((105 + 100) / 2), 2),
        (2, pytest.approx((105 + 100 + 120) / 3), 3),
        (1, pytest.approx(120.0), 1),
    ]


def test_the_euro_needs_no_row_and_a_currency_in_itself_is_one() -> None:
    periods = pl.DataFrame({"period_start": [date(2021, 1, 1)], "n_months": [1]})
    euro = cross_rates(RATES, from_currency="EUR", to_currency="USD", periods=periods)
    assert euro["rate"].item() == pytest.approx(1.225)
    same = cross_rates(RATES, from_currency="USD", to_currency="USD", periods=periods)
    assert same["rate"].item() == 1.0


def test_a_month_without_a_rate_is_named() -> None:
    periods = pl.DataFrame({"period_start": [date(2021, 2, 1)], "n_months": [2]})
    with pytest.raises(NotEstimable, match="2021-03"):
        cross_rates(RATES, from_currency="USD", to_currency="JPY", periods=periods)
    with pytest.raises(NotEstimable, match="RUB"):
        annual_cross_rates(RATES, from_currency="RUB", to_currency="JPY", years=[2021])


def test_conversion_keeps_rows_and_order() -> None:
    flows = table(
        flow("AAA", "BBB", 2.0, period=date(2021, 2, 1), months=1),
        flow("AAA", "BBB", 3.0, period=date(2021, 1, 1), months=1),
        flow("AAA", "CCC", 4.0, period=date(2021, 2, 1), months=1),
    )
    money = converted(flows, RATES, value_column="value_kusd", from_currency="USD", to_currency="JPY")
    assert money.columns == [*flows.columns, "value_converted"]
    assert money["value_converted"].to_list() == pytest.approx([240.0, 307.5, 480.0])


CONCORDANCE = pl.DataFrame(
    {
        "group_code": ["coal", "coal", "coal"],
        "side_type": ["left", "left", "right"],
        "product_system": ["hs6_h0"] * 3,
        "product_level": ["hs6", "hs6", "item"],
        "product_code": ["270111", "270112", "Coal"],
    }
)


def _monthly_yen(months: int = 12) -> pl.DataFrame:
    rows = [
        flow(
            "BBB",
            "AAA",
            1000.0,
            flow_type="import",
            period=date(2021, m, 1),
            months=1,
            product="Coal",
            level="item",
        )
        for m in range(1, months + 1)
    ]
    return table(*rows).rename({"value_kusd": "value_thousand_jpy"})


def _yearly_rates() -> pl.DataFrame:
    days = [
        (date(2021, m, 1), c, r)
        for m in range(1, 13)
        for c, r in (("USD", 1.0), ("JPY", 100.0 if m < 7 else 200.0))
    ]
    return rates(*days)


def _reconciled(right: pl.DataFrame, **changes: Any) -> pl.DataFrame:
    left = table(
        flow("AAA", "BBB", 40.0, product="270111", quantity=1.0),
        flow("AAA", "BBB", 50.0, product="270112", quantity=2.0),
        flow("AAA", "CCC", 50.0, product="270112"),
        flow("AAA", "BBB", 50.0, product="999999"),
    )
    arguments: dict[str, Any] = {
        "concordance": CONCORDANCE,
        "years": [2021],
        "exchange_rates": _yearly_rates(),
        "currency": "USD",
        "left_value_column": "value_kusd",
        "left_currency": "USD",
        "right_value_column": "value_thousand_jpy",
        "right_currency": "JPY",
    }
    return compare_records(left, right, **(arguments | changes))


def test_two_sources_meet_in_one_currency_month_by_month() -> None:
    row = _reconciled(_monthly_yen()).row(0, named=True)
    assert row["left_value"] == 90.0
    assert row["left_quantity_tonnes"] == 3.0
    # six months at 100 and six at 200 yen, not twelve at 150
    assert row["right_value"] == pytest.approx(6 * 10 + 6 * 5)
    assert row["ratio"] == pytest.approx(1.0)
    assert row["gap_value"] == pytest.approx(0.0)
    assert row["recorded_by_type"] == "both"


def test_cif_rows_are_brought_to_fob_on_request() -> None:
    row = _reconciled(_monthly_yen(), cif_fob_margin=0.25).row(0, named=True)
    assert row["right_value"] == pytest.approx(90 / 1.25)
    assert row["left_value"] == 90.0


def test_what_is_of_unknown_valuation_is_not_brought_to_fob() -> None:
    unknown = _monthly_yen().with_columns(valuation_type=pl.lit("unknown"))
    assert _reconciled(unknown, cif_fob_margin=0.25)["right_value"].to_list() == [None]
    assert _reconciled(unknown)["right_value"].to_list() == [pytest.approx(90.0)]


def test_an_incomplete_year_is_not_reconciled() -> None:
    with pytest.raises(NotEstimable, match="11 months"):
        _reconciled(_monthly_yen(11))


def test_a_product_in_two_groups_is_refused() -> None:
    twice = pl.concat([CONCORDANCE, CONCORDANCE.head(1).with_columns(group_code=pl.lit("fuel"))])
    with pytest.raises(ParameterError, match="270111"):
        _reconciled(_monthly_yen(), concordance=twice)


def test_sources_without_a_common_pair_are_not_reconciled() -> None:
    other = _monthly_yen().with_columns(partner_code=pl.lit("DDD"))
    with pytest.raises(NotEstimable, match="both sources"):
        _reconciled(other)
