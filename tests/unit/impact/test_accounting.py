"""Accounting of diverted and replaced trade: everything adds up, and thin input gives no number."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_coal import COAL, COALITION, Row, table
from retorsion.errors import NotEstimable, ParameterError
from retorsion.impact.accounting import (
    concentration,
    decompose_diversion,
    destinations,
    diversion_summary,
    members_on,
    replacement,
    replacement_summary,
    suppliers,
)


def decomposed(rows: list[Row] = COAL, **changes: Any) -> pl.DataFrame:
    arguments: dict[str, Any] = {
        "exporter_code": "RUS",
        "coalition": COALITION,
        "base_years": [2021],
        "comparison_years": [2024],
    }
    return decompose_diversion(table(rows), **(arguments | changes))


def test_each_destination_enters_one_term() -> None:
    changes = {
        (r["group_type"], r["term_type"]): (r["change"], r["n_destinations"])
        for r in decomposed().iter_rows(named=True)
        if r["n_destinations"]
    }
    assert changes == {
        ("coalition", "loss"): (-90.0, 1),
        ("coalition", "lost"): (-50.0, 1),
        ("other", "gain"): (90.0, 1),
        ("other", "new"): (30.0, 1),
        ("other", "lost"): (-7.0, 1),
    }


def test_summary_says_what_the_others_made_up_for() -> None:
    summary = diversion_summary(decomposed())
    coal, total = summary.iter_rows(named=True)
    assert coal["product_code"] == "coal"
    assert total["product_code"] is None
    assert coal["total_change"] == -27.0
    assert coal["coalition_change"] == -140.0
    assert coal["offset_share"] == pytest.approx(113 / 140)
    assert (coal["n_new"], coal["n_lost"]) == (1, 2)
    assert {k: v for k, v in total.items() if k != "product_code"} == {
        k: v for k, v in coal.items() if k != "product_code"
    }


def test_windows_of_several_years_are_averages() -> None:
    rows = [*COAL, (2022, "RUS", "JPN", "coal", 300.0, 1.0), (2022, "AUS", "JPN", "coal", 1.0, 1.0)]
    terms = decomposed(rows, base_years=[2021, 2022])
    loss = terms.filter((pl.col("group_type") == "coalition") & (pl.col("term_type") == "loss"))
    assert loss["value_base"].item() == 200.0
    assert loss["value_comparison"].item() == 10.0


def test_in_tonnes_a_destination_without_quantity_is_left_out_and_counted() -> None:
    terms = decomposed(value_column="quantity_tonnes")
    unmeasured = terms.filter((pl.col("term_type") == "unmeasured") & (pl.col("n_destinations") > 0))
    assert unmeasured.select("group_type", "n_destinations", "change").rows() == [("other", 1, None)]
    coal = diversion_summary(terms).row(0, named=True)
    assert coal["total_change"] == pytest.approx((1 + 15 + 3) - (10 + 5 + 6))
    assert coal["n_unmeasured"] == 1


values = st.floats(0, 1e9).filter(lambda v: v == 0 or v > 1e-3)
panels = st.lists(
    st.tuples(
        st.sampled_from([2021, 2024]),
        st.sampled_from(["RUS", "AUS", "USA"]),
        st.sampled_from(["JPN", "DEU", "CHN", "IND", "TUR"]),
        st.sampled_from(["coal", "oil"]),
        values,
    ),
    max_size=40,
    unique_by=lambda r: r[:4],
)


def _with_both_years(rows: list[tuple[int, str, str, str, float]]) -> list[Row]:
    fixed: list[Row] = [(y, "NZL", "FJI", "coal", 1.0, None) for y in (2021, 2024)]
    return fixed + [(*row, None) for row in rows]


@given(panels)
def test_diversion_adds_up(rows: list[tuple[int, str, str, str, float]]) -> None:
    flows = _with_both_years(rows)
    own = [r for r in flows if r[1] == "RUS"]
    if not any(r[4] for r in own):
        with pytest.raises(NotEstimable):
            decomposed(flows)
        return
    terms = decomposed(flows)
    scale = sum(r[4] for r in own)
    for product in {r[3] for r in own}:
        total = math.fsum(r[4] * (1 if r[0] == 2024 else -1) for r in own if r[3] == product)
        assert terms.filter(pl.col("product_code") == product)["change"].sum() == pytest.approx(
            total, abs=1e-14 * scale
        )
    summary = diversion_summary(terms)
    assert summary["total_change"][-1] == pytest.approx(
        summary["value_comparison"][-1] - summary["value_base"][-1], abs=1e-14 * scale
    )


@given(panels)
def test_replacement_adds_up(rows: list[tuple[int, str, str, str, float]]) -> None:
    flows = _with_both_years(rows)
    arguments: dict[str, Any] = {
        "importer_code": "JPN",
        "target_code": "RUS",
        "base_years": [2021],
        "comparison_years": [2024],
    }
    supplied = {r[3] for r in flows if r[1] == "RUS" and r[2] == "JPN" and r[4] > 0}
    if not supplied:
        with pytest.raises(NotEstimable):
            replacement(table(flows), **arguments)
        return
    found = replacement(table(flows), **arguments)
    assert set(found["product_code"]) == supplied
    bought = [r for r in flows if r[2] == "JPN" and r[3] in supplied]
    scale = sum(r[4] for r in bought)
    for row in replacement_summary(found).iter_rows(named=True):
        own = [r for r in bought if r[3] == row["product_code"]]
        total = math.fsum(r[4] * (1 if r[0] == 2024 else -1) for r in own)
        assert row["total_change"] == pytest.approx(total, abs=1e-14 * scale)
        assert row["target_change"] + row["gains"] + row["losses"] == pytest.approx(
            row["total_change"], abs=1e-14 * scale
        )
        assert row["gains"] >= 0 >= row["losses"]


@given(panels)
def test_concentration_lies_between_equal_shares_and_one(
    rows: list[tuple[int, str, str, str, float]],
) -> None:
    flows = _with_both_years(rows)
    if not any(r[4] for r in flows if r[1] == "RUS"):
        return
    found = concentration(table(flows), state_code="RUS", side="destinations", years=[2021, 2024])
    for row in found.iter_rows(named=True):
        if row["n_partners"] == 0:
            assert row["value"] == 0.0
            assert row["hhi"] is None
        else:
            assert 1 / row["n_partners"] - 1e-12 <= row["hhi"] <= 1 + 1e-12
            assert row["hhi"] <= row["largest_share"] + 1e-12


def test_who_replaced_the_target() -> None:
    found = replacement(
        table(COAL), importer_code="JPN", target_code="RUS", base_years=[2021], comparison_years=[2024]
    )
    assert found.select("exporter_code", "role_type", "change").rows() == [
        ("RUS", "target", -90.0),
        ("AUS", "other", 60.0),
        ("USA", "other", 12.0),
        ("IDN", "other", -10.0),
    ]
    assert found["replaced_share"].to_list() == [None, *map(pytest.approx, (60 / 90, 12 / 90, -10 / 90))]
    assert found["share_base"].sum() == pytest.approx(1.0)
    row = replacement_summary(found).row(0, named=True)
    assert row["replaced_share"] == pytest.approx(62 / 90)
    assert row["total_change"] == -28.0
    assert row["largest_gainer_code"] == "AUS"


def test_nothing_is_replaced_where_the_target_gained() -> None:
    found = replacement(
        table(COAL), importer_code="CHN", target_code="RUS", base_years=[2021], comparison_years=[2024]
    )
    assert found["replaced_share"].to_list() == [None]
    assert replacement_summary(found)["replaced_share"].to_list() == [None]


def test_shares_and_concentration_by_hand() -> None:
    bought = suppliers(table(COAL), importer_code="JPN", years=[2021, 2024])
    assert bought.filter(pl.col("year") == 2021).select("exporter_code", "value").rows() == [
        ("AUS", 200.0),
        ("RUS", 100.0),
        ("IDN", 40.0),
    ]
    assert bought.filter(pl.col("year") == 2021)["share"].to_list() == pytest.approx(
        [200 / 340, 100 / 340, 40 / 340]
    )
    sold = destinations(table(COAL), exporter_code="RUS", years=[2024])
    assert sold["importer_code"].to_list() == ["CHN", "IND", "JPN"]
    row = concentration(table(COAL), state_code="JPN", side="suppliers", years=[2021]).row(0, named=True)
    assert row["hhi"] == pytest.approx((200**2 + 100**2 + 40**2) / 340**2)
    assert row["effective_partners"] == pytest.approx(1 / row["hhi"])
    assert (row["largest_partner_code"], row["n_partners"]) == ("AUS", 3)


def test_an_unmeasured_flow_leaves_no_share_in_tonnes() -> None:
    row = concentration(
        table(COAL), state_code="RUS", side="destinations", years=[2021], value_column="quantity_tonnes"
    ).row(0, named=True)
    assert row["n_partners"] == 4
    assert row["value"] is None
    assert row["hhi"] is None


def test_a_year_without_trade_is_shown_as_such() -> None:
    found = concentration(
        table([r for r in COAL if r[:2] != (2024, "RUS")]),
        state_code="RUS",
        side="destinations",
        years=[2021, 2024],
    )
    assert found.filter(pl.col("year") == 2024).select("value", "n_partners", "hhi").rows() == [
        (0.0, 0, None)
    ]


def test_membership_has_dates() -> None:
    coalition = pl.DataFrame(
        {
            "member_code": ["AAA", "BBB", "CCC"],
            "joined_date": [date(2022, 2, 26), date(2022, 3, 18), date(2014, 1, 1)],
            "left_date": [None, None, date(2022, 3, 1)],
        }
    )
    assert members_on(coalition, date(2022, 3, 1)) == {"AAA"}
    assert members_on(coalition, date(2022, 2, 27)) == {"AAA", "CCC"}
    assert members_on(coalition.drop("left_date"), date(2022, 3, 18)) == {"AAA", "BBB", "CCC"}
    with pytest.raises(NotEstimable, match="Nobody"):
        members_on(coalition, date(2013, 1, 1))


@pytest.mark.parametrize(
    ("rows", "changes", "error", "match"),
    [
        ([], {}, NotEstimable, "No row"),
        (COAL[:4], {}, NotEstimable, "2024 make up 0 months"),
        (COAL, {"exporter_code": "XXX"}, NotEstimable, "No flow"),
        (COAL, {"product_codes": ["oil"]}, NotEstimable, "No flow"),
        (COAL, {"base_years": []}, NotEstimable, "at least one year"),
        ([(*r[:4], 0.0, None) for r in COAL], {}, NotEstimable, "zero"),
        (COAL, {"base_years": [2024]}, ParameterError, "both windows"),
        (COAL, {"coalition": []}, ParameterError, "empty"),
        (COAL, {"coalition": ["RUS"]}, ParameterError, "against itself"),
    ],
)
def test_thin_or_contradictory_input_gives_no_number(
    rows: list[Row], changes: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        decomposed(rows, **changes)
