"""Figures of what goes round: the numbers of the rows are on them, with their words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import matplotlib.pyplot as plt
import polars as pl
import pytest
from retorsion.figures import rerouting
from retorsion.figures.style import wording


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


MONTHS = pl.DataFrame(
    [
        (date(2022, month, 1), partner, role, "after" if month > 3 else "other", value, base)
        for month in (3, 4, 5)
        for partner, role, value, base in (
            ("RUS", "target", 1e9, 3e9),
            ("KAZ", "hub", 2e9 + month * 1e8, 2e9),
        )
    ],
    schema=["period_start", "partner_code", "role_type", "window", "value_eur", "base_eur"],
    orient="row",
)


def test_months_after_the_measures_carry_the_rise_in_percent_of_the_fall() -> None:
    end = {"first_share": 0.2, "last_share": 0.25}
    figure = rerouting.by_month(MONTHS, end, target_code="RUS", source="rows")
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["Apr", "May"]
    assert {"20%", "25%"} <= {text.get_text() for text in axes.texts}
    told = wording(figure)
    assert told is not None
    assert "from 20% to 25% of what no longer goes to Russia" in told.title


def test_choices_without_a_number_are_left_out() -> None:
    shares = pl.DataFrame(
        [
            ("told", None, "year_before", 0.2, 0.1, 0.3),
            ("told", None, "other_goods", -0.05, None, None),
            ("without", "KAZ", "year_before", 0.1, 0.0, 0.2),
            ("hubs", "ARM;KAZ", "own_growth", 0.15, 0.1, 0.2),
            ("priority", None, "other_goods", None, None, None),
        ],
        schema=["choice_type", "choice", "counterfactual", "share", "lower", "upper"],
        orient="row",
    )
    figure = rerouting.by_choice(shares, {"lower": -0.05, "upper": 0.2}, target_code="RUS", source="rows")
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == [
        "all neighbours: growth of other goods",
        "Armenia, Kazakhstan: own growth before",
        "all neighbours: level a year before",
    ]
    told = wording(figure)
    assert told is not None
    assert told.title.startswith(
        "Neighbours' extra purchases equal \u22125% to 30% of the lost sales to Russia"
    )
    one = {"choice_type": "without", "choice": "KAZ", "counterfactual": "year_before"}
    assert rerouting.choice_words(one) == "without Kazakhstan: level a year before"
