"""Concentration of a total on its parts."""

from __future__ import annotations

import polars as pl
import pytest
from retorsion.errors import ParameterError
from retorsion.estimators.herfindahl import concentration


def test_index_of_equal_and_unequal_parts() -> None:
    frame = pl.DataFrame(
        {
            "year": [1, 1, 1, 1, 2, 2, 3, 4],
            "buyer": ["a", "b", "c", "d", "a", "b", "a", "a"],
            "tonnes": [5.0, 5.0, 5.0, 5.0, 9.0, 1.0, None, 0.0],
        }
    )
    found = {
        row["year"]: row for row in concentration(frame, value="tonnes", unit="buyer", by=["year"]).to_dicts()
    }
    assert set(found) == {1, 2, 3}  # nothing was bought in year 4
    assert found[1]["hhi"] == pytest.approx(1 / 4)
    assert found[1]["effective_units"] == pytest.approx(4)
    assert found[1]["largest_unit"] == "a"  # the first by name among equals
    assert found[2]["hhi"] == pytest.approx(0.81 + 0.01)
    assert (found[2]["largest_unit"], found[2]["largest_share"], found[2]["total"]) == ("a", 0.9, 10.0)
    assert (found[3]["n_units"], found[3]["hhi"], found[3]["total"]) == (1, None, None)
    whole = concentration(frame.filter(pl.col("year") == 2), value="tonnes", unit="buyer").row(0, named=True)
    assert whole["hhi"] == found[2]["hhi"]


def test_values_that_have_no_shares_are_refused() -> None:
    frame = pl.DataFrame({"buyer": ["a", "b"], "tonnes": [1.0, -1.0]})
    with pytest.raises(ParameterError, match="below zero"):
        concentration(frame, value="tonnes", unit="buyer")
    with pytest.raises(ParameterError, match="occurs twice"):
        concentration(pl.concat([frame.head(1)] * 2), value="tonnes", unit="buyer")
