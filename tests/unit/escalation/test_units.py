"""What is counted as one: acts, packages, and the strongest act of a side and day."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from invented_acts import act, acts_of
from retorsion.escalation.units import Unit, in_units

SCALES = ["intensity_goldstein", "intensity_equal"]
MONDAY, TUESDAY = date(2020, 2, 3), date(2020, 2, 4)


@pytest.fixture
def three_steps() -> pl.DataFrame:
    """A package of A over two days, another act of A on the first of them, and one of B."""
    return acts_of(
        [
            act("a1", "AAA", MONDAY, "protest", package_id="a1"),
            act("a2", "AAA", TUESDAY, "freeze", package_id="a1"),
            act("a3", "AAA", MONDAY, "expulsion"),
            act("b1", "BBB", MONDAY, "ban"),
        ]
    )


@pytest.mark.parametrize(
    ("unit", "kinds", "total"),
    [
        ("act", ["ban", "expulsion", "freeze", "protest"], 25.0),
        ("package", ["ban", "expulsion", "freeze"], 23.0),
        ("side_day", ["ban", "expulsion", "freeze"], 23.0),
    ],
)
def test_a_unit_has_the_kind_and_the_strength_of_its_strongest_act(
    three_steps: pl.DataFrame, unit: Unit, kinds: list[str], total: float
) -> None:
    found = in_units(three_steps, unit, SCALES)
    assert sorted(found["act_type"]) == kinds
    assert found["intensity_goldstein"].sum() == total
    assert found.columns == three_steps.columns


def test_a_package_stands_on_its_first_day(three_steps: pl.DataFrame) -> None:
    package = in_units(three_steps, "package", SCALES).filter(pl.col("act_type") == "freeze")
    assert package["act_date"].to_list() == [MONDAY]


def test_acts_known_by_month_share_no_day() -> None:
    acts = acts_of([act(f"a{k}", "AAA", MONDAY, "protest", date_precision="month") for k in range(3)])
    assert len(in_units(acts, "side_day", SCALES)) == 3
    assert len(in_units(acts.with_columns(pl.lit("day").alias("date_precision")), "side_day", SCALES)) == 1


def test_the_order_of_rows_changes_nothing(three_steps: pl.DataFrame) -> None:
    for unit in ("package", "side_day"):
        one, other = (in_units(acts, unit, SCALES) for acts in (three_steps, three_steps.reverse()))
        assert one.equals(other)
