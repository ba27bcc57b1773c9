"""Names of goods, and what goods without a name are called."""

from __future__ import annotations

import polars as pl
from retorsion.figures.diversion import price_and_volume
from retorsion.figures.svg import show
from retorsion.impact.goods import with_label

CODES = ("760110", "711021", "270900")


def test_goods_without_a_name_are_called_by_their_code_in_words() -> None:
    frame = pl.DataFrame({"product_code": CODES})
    assert frame.select(with_label({"270900": "crude oil"}))["name"].to_list() == [
        "product 760110",
        "product 711021",
        "crude oil",
    ]
    assert frame.select(with_label({}))["name"].to_list() == [f"product {code}" for code in CODES]


def test_a_figure_of_goods_without_names_can_be_shown() -> None:
    parts = pl.DataFrame(
        {
            "base_year": 2021,
            "comparison_year": 2024,
            "product_code": CODES,
            "change": [-3e6, 2e6, 5e6],
            "price_effect": [-1e6, 1e6, 2e6],
            "volume_effect": [-2e6, 1e6, 3e6],
            "entry": 0.0,
            "exit": 0.0,
        }
    ).with_columns(with_label({}))
    figure = price_and_volume(
        parts, reporter_code="JPN", target_code="RUS", n_products=3, source="Source: a test."
    )
    assert "product 760110" in show(figure).html
