"""Index numbers, the logarithmic-mean decomposition and the rule for unit values."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.index_numbers import (
    VALUE_CHANGE_PARTS,
    decompose_value_change,
    logarithmic_mean,
    price_indices,
    screen_unit_values,
    sum_value_change,
)

Row = tuple[str, int, float, float | None]


def table(rows: list[Row]) -> pl.DataFrame:
    """Flows of one pair; rows: product, year, value, tonnes."""
    return pl.DataFrame(
        rows,
        schema={
            "product_code": pl.String,
            "year": pl.Int32,
            "value": pl.Float64,
            "quantity_tonnes": pl.Float64,
        },
        orient="row",
    )


positive = st.floats(1e-4, 1e8)
items = st.lists(st.tuples(positive, positive, positive, positive), min_size=1, max_size=12)


@given(items)
def test_fisher_price_times_fisher_quantity_is_the_value_ratio(rows: list[tuple[float, ...]]) -> None:
    found = price_indices(*np.array(rows).T)
    assert found.fisher_price * found.fisher_quantity == pytest.approx(found.value, rel=1e-14)
    assert found.laspeyres_price * found.paasche_quantity == pytest.approx(found.value, rel=1e-14)
    assert found.paasche_price * found.laspeyres_quantity == pytest.approx(found.value, rel=1e-14)


@given(items)
def test_indices_reverse_with_time(rows: list[tuple[float, ...]]) -> None:
    v0, q0, v1, q1 = np.array(rows).T
    there, back = price_indices(v0, q0, v1, q1), price_indices(v1, q1, v0, q0)
    assert there.tornqvist_price * back.tornqvist_price == pytest.approx(1.0, rel=1e-12)
    assert there.tornqvist_quantity * back.tornqvist_quantity == pytest.approx(1.0, rel=1e-12)
    assert there.fisher_price * back.fisher_price == pytest.approx(1.0, rel=1e-12)


@given(items, st.floats(0.1, 10))
def test_a_common_price_change_is_found_by_every_index(rows: list[tuple[float, ...]], factor: float) -> None:
    v0, q0, _, q1 = np.array(rows).T
    found = price_indices(v0, q0, v0 / q0 * factor * q1, q1)
    for index in (found.laspeyres_price, found.paasche_price, found.fisher_price, found.tornqvist_price):
        assert index == pytest.approx(factor, rel=1e-10)


def test_indices_of_a_basket_computed_by_hand() -> None:
    # prices 2 -> 3 and 5 -> 4; quantities 10 -> 8 and 4 -> 6
    found = price_indices([20, 20], [10, 4], [24, 24], [8, 6])
    assert found.laspeyres_price == pytest.approx((3 * 10 + 4 * 4) / 40)
    assert found.paasche_price == pytest.approx(48 / (2 * 8 + 5 * 6))
    assert found.fisher_price == pytest.approx(math.sqrt(46 / 40 * 48 / 46))
    assert found.tornqvist_price == pytest.approx(math.sqrt(1.5 * 0.8))
    assert found.n_items == 2


@pytest.mark.parametrize("bad", [[0.0], [-1.0], [math.nan], [math.inf]])
def test_an_item_without_a_unit_value_has_no_index(bad: list[float]) -> None:
    with pytest.raises(NotEstimable, match="positive value or quantity"):
        price_indices([1.0], [1.0], [1.0], bad)


def test_no_items_no_index() -> None:
    with pytest.raises(NotEstimable, match="No item"):
        price_indices([], [], [], [])


@given(positive, st.floats(-1e-12, 1e-12))
def test_logarithmic_mean_lies_between_and_keeps_its_precision(a: float, relative: float) -> None:
    b = a * (1 + relative)
    mean = float(logarithmic_mean([a], [b])[0])
    assert min(a, b) * (1 - 1e-15) <= mean <= max(a, b) * (1 + 1e-15)


def test_logarithmic_mean_by_hand() -> None:
    assert logarithmic_mean([1.0, 3.0], [math.e, 3.0]) == pytest.approx([math.e - 1, 3.0])


flows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from([2021, 2022]),
        st.one_of(st.just(0.0), st.floats(1e-3, 1e9)),
        st.one_of(st.none(), st.just(0.0), st.floats(1e-3, 1e9)),
    ),
    max_size=16,
)


@given(flows)
def test_the_parts_add_up_to_the_whole_change(rows: list[Row]) -> None:
    rows = [("z", 2021, 1.0, 1.0), ("z", 2022, 2.0, 1.0), *rows]
    found = decompose_value_change(table(rows), base_year=2021, comparison_year=2022)
    parts = found.select(VALUE_CHANGE_PARTS).to_numpy()
    scale = np.abs(parts).sum() + found["value_base"].sum() + found["value_comparison"].sum()
    assert parts.sum(axis=1) == pytest.approx(found["change"].to_numpy(), abs=1e-14 * scale)
    total = math.fsum(v * (1 if y == 2022 else -1) for _, y, v, _ in rows)
    summed = sum_value_change(found).row(0, named=True)
    assert sum(summed[p] for p in VALUE_CHANGE_PARTS) == pytest.approx(total, abs=1e-14 * scale)
    assert summed["change"] == pytest.approx(total, abs=1e-14 * scale)


@given(st.tuples(positive, positive, positive, positive), st.floats(0.2, 5))
def test_with_an_exchange_rate_the_parts_still_add_up(item: tuple[float, ...], rate: float) -> None:
    v0, q0, v1, q1 = item
    found = decompose_value_change(
        table([("a", 2021, v0, q0), ("a", 2022, v1, q1)]),
        base_year=2021,
        comparison_year=2022,
        exchange_rates=pl.DataFrame({"year": [2021, 2022], "rate": [100.0, 100.0 * rate]}),
    ).row(0, named=True)
    parts = [found["price_effect"], found["exchange_effect"], found["volume_effect"]]
    assert sum(parts) == pytest.approx(v1 - v0, abs=1e-13 * (sum(map(abs, parts)) + v0 + v1))
    assert math.copysign(1, found["exchange_effect"]) == math.copysign(1, math.log(rate)) or rate == 1


def test_value_up_volume_down_is_price() -> None:
    row = decompose_value_change(
        table([("gas", 2021, 100.0, 10.0), ("gas", 2022, 180.0, 9.0)]), base_year=2021, comparison_year=2022
    ).row(0, named=True)
    mean = 80 / math.log(1.8)
    assert row["price_effect"] == pytest.approx(mean * math.log(2))
    assert row["volume_effect"] == pytest.approx(mean * math.log(0.9))
    assert row["volume_effect"] < 0 < row["change"]
    assert (row["price_ratio"], row["quantity_ratio"]) == (pytest.approx(2.0), pytest.approx(0.9))


def test_a_price_quoted_abroad_is_told_from_the_exchange_rate() -> None:
    # yen value doubles at the same dollar price and volume because the yen halves
    row = decompose_value_change(
        table([("gas", 2021, 100.0, 10.0), ("gas", 2022, 200.0, 10.0)]),
        base_year=2021,
        comparison_year=2022,
        exchange_rates=pl.DataFrame({"year": [2021, 2022], "rate": [100.0, 200.0]}),
    ).row(0, named=True)
    assert row["exchange_effect"] == pytest.approx(100.0)
    assert row["price_effect"] == pytest.approx(0.0, abs=1e-12)
    assert row["volume_effect"] == 0.0


def test_entry_exit_and_missing_quantity_are_reported_apart() -> None:
    found = decompose_value_change(
        table(
            [
                ("new", 2022, 5.0, 1.0),
                ("gone", 2021, 7.0, None),
                ("dark", 2021, 10.0, 1.0),
                ("dark", 2022, 12.0, None),
                ("half", 2021, 1.0, 1.0),
                ("half", 2021, 1.0, None),
                ("half", 2022, 3.0, 1.0),
                ("zero", 2021, 0.0, 3.0),
            ]
        ),
        base_year=2021,
        comparison_year=2022,
    )
    rows = {r["product_code"]: r for r in found.iter_rows(named=True)}
    assert set(rows) == {"new", "gone", "dark", "half"}
    assert rows["new"]["entry"] == 5.0
    assert rows["gone"]["exit"] == -7.0
    assert rows["dark"]["without_quantity"] == 2.0
    assert rows["half"]["without_quantity"] == 1.0
    for row in rows.values():
        assert row["price_effect"] == row["volume_effect"] == 0.0
        assert row["price_ratio"] is None
    summed = sum_value_change(found).row(0, named=True)
    assert summed["fisher_price"] is None
    assert summed["n_items"] == 4


def test_sums_keep_groups_apart_and_years_stack() -> None:
    rows = table([(p, y, v * y, 1.0) for p, v in (("a", 1.0), ("b", 2.0)) for y in (2021, 2022, 2023)])
    stacked = pl.concat(
        decompose_value_change(rows, base_year=2021, comparison_year=year).with_columns(comparison_year=year)
        for year in (2022, 2023)
    )
    summed = sum_value_change(stacked, by=["comparison_year"])
    assert summed.select("comparison_year", "change").rows() == [(2022, 3.0), (2023, 6.0)]
    assert summed["fisher_price"].to_list() == pytest.approx([2022 / 2021, 2023 / 2021])
    assert summed["fisher_quantity"].to_list() == pytest.approx([1.0, 1.0])


def test_items_may_be_pairs() -> None:
    pairs = table([("a", 2021, 1.0, 1.0), ("a", 2022, 2.0, 1.0), ("a", 2021, 5.0, 1.0)]).with_columns(
        importer_code=pl.Series(["X", "X", "Y"])
    )
    found = decompose_value_change(
        pairs, base_year=2021, comparison_year=2022, items=["product_code", "importer_code"]
    )
    assert found.select("importer_code", "price_effect", "exit").rows() == [
        ("X", pytest.approx(1.0), 0.0),
        ("Y", 0.0, -5.0),
    ]


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([("a", 2021, 1.0, 1.0)], "recorded in 2022"),
        ([], "recorded in 2021"),
        ([("a", 2021, 0.0, 1.0), ("a", 2022, 0.0, 1.0)], "zero"),
        ([("a", 2021, -1.0, 1.0), ("a", 2022, 1.0, 1.0)], "negative"),
    ],
)
def test_degenerate_changes_are_not_split(rows: list[Row], match: str) -> None:
    with pytest.raises(NotEstimable, match=match):
        decompose_value_change(table(rows), base_year=2021, comparison_year=2022)


def test_a_year_is_not_compared_with_itself_and_a_rate_is_needed() -> None:
    rows = table([("a", 2021, 1.0, 1.0), ("a", 2022, 1.0, 1.0)])
    with pytest.raises(ParameterError, match="both 2021"):
        decompose_value_change(rows, base_year=2021, comparison_year=2021)
    with pytest.raises(ParameterError, match="2022"):
        decompose_value_change(
            rows,
            base_year=2021,
            comparison_year=2022,
            exchange_rates=pl.DataFrame({"year": [2021], "rate": [1.0]}),
        )


def test_an_outlying_unit_value_loses_its_quantity_and_is_listed() -> None:
    unit_values = [1.0, 1.1, 0.9, 1.05, 0.95, 50.0]
    rows = table([("a", 2021, 10 * u, 10.0) for u in unit_values] + [("a", 2021, 3.0, None)])
    screened = screen_unit_values(rows, k=3.5)
    assert screened.flows["value"].to_list() == rows["value"].to_list()
    assert screened.flows["quantity_tonnes"].to_list() == [10.0] * 5 + [None, None]
    assert screened.flows["outlier_type"].to_list() == ["accepted"] * 5 + ["outlier", "no_quantity"]
    listed = screened.outliers.row(0, named=True)
    assert len(screened.outliers) == 1
    logs = np.log(unit_values)
    distance = logs[-1] - np.median(logs)
    scale = 1.482602218505602 * np.median(np.abs(logs - np.median(logs)))
    assert listed["deviation"] == pytest.approx(distance / scale)
    assert listed["quantity_tonnes"] == 10.0
    assert listed["unit_value"] == 50.0
    assert listed["median_unit_value"] == pytest.approx(math.exp(np.median(logs)))
    assert "3.5 scaled median absolute deviations" in screened.rule


def test_the_threshold_is_the_callers() -> None:
    rows = table([("a", 2021, 10 * u, 10.0) for u in (1.0, 1.1, 0.9, 1.05, 0.95, 1.5)])
    assert len(screen_unit_values(rows, k=1e9).outliers) == 0
    assert len(screen_unit_values(rows, k=3.0).outliers) == 1


@pytest.mark.parametrize("unit_values", [[1.0, 1.0, 99.0], [1.0, 1.0, 1.0, 1.0, 99.0]])
def test_small_or_uniform_groups_are_not_judged(unit_values: list[float]) -> None:
    screened = screen_unit_values(table([("a", 2021, 10 * u, 10.0) for u in unit_values]))
    assert set(screened.flows["outlier_type"]) == {"not_judged"}
    assert screened.flows["quantity_tonnes"].null_count() == 0
    assert screened.outliers.is_empty()


def test_screening_needs_flows_and_a_threshold() -> None:
    with pytest.raises(NotEstimable, match="no flow"):
        screen_unit_values(table([]))
    with pytest.raises(ParameterError, match="k is 0"):
        screen_unit_values(table([("a", 2021, 1.0, 1.0)]), k=0)
