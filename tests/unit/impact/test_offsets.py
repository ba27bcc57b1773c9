"""The share that others made up for is counted in every way that is honest, each of them by hand."""

from __future__ import annotations

from typing import Any

import pytest
from invented_coal import COAL, COALITION, Row, table
from retorsion.impact.offsets import offset_choices

OIL = [(2021, "RUS", "JPN", "oil", 40.0, 4.0), (2024, "RUS", "CHN", "oil", 20.0, 1.0)]


def chosen(rows: list[Row], **changes: Any) -> dict[tuple[str, str | None], float | None]:
    arguments: dict[str, Any] = {
        "exporter_code": "RUS",
        "coalition": COALITION,
        "windows": [([2021], [2024])],
        "without": ["oil"],
    }
    found = offset_choices(table(rows), **(arguments | changes))
    return {(row["choice_type"], row["choice"]): row["offset_share"] for row in found.iter_rows(named=True)}


def test_the_share_made_up_is_counted_in_every_other_way() -> None:
    assert chosen([*COAL, *OIL]) == {
        ("told", None): pytest.approx((113 + 20) / (140 + 40)),
        # coal at 10 a tonne in both years, oil at 10 and at 20; Egypt has no quantity in 2021
        ("prices", "2021"): pytest.approx((12 * 10 + 1 * 10) / (14 * 10 + 4 * 10)),
        ("prices", "2024"): pytest.approx((12 * 10 + 1 * 20) / (14 * 10 + 4 * 20)),
        ("without", "oil"): pytest.approx(113 / 140),
        # Egypt, which has no record in 2024, as in 2021
        ("unrecorded", None): pytest.approx((113 + 7 + 20) / (140 + 40)),
    }


def test_a_buyer_without_record_counts_as_in_its_last_year() -> None:
    rows = [*COAL, (2023, "RUS", "EGY", "coal", 50.0, 1.0), (2023, "RUS", "ARE", "coal", 8.0, 1.0)]
    found = chosen(rows, without=())
    assert found["told", None] == pytest.approx(113 / 140)
    # Egypt bought 7 in 2021 and 50 before its records end; the Emirates 8, and nothing in 2021
    assert found["unrecorded", None] == pytest.approx((113 + 50 + 8) / 140)


def test_there_is_no_share_in_years_in_which_the_coalition_bought_more() -> None:
    rows = [*COAL, *((2022, "RUS", "JPN", "coal", 500.0, 9.0), (2022, "AUS", "JPN", "coal", 1.0, 1.0))]
    found = chosen(rows, windows=[([2021], [2024]), ([2021], [2022])], without=())
    assert found["years", None] is None
    assert found["told", None] == pytest.approx(113 / 140)


def test_an_identity_at_unchanged_prices_does_not_depend_on_whose_prices() -> None:
    steady = [row for row in COAL if row[5] is not None]
    found = chosen(steady, without=())
    assert found["prices", "2021"] == pytest.approx(found["prices", "2024"])
