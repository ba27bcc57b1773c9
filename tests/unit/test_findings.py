"""How findings are rounded before they are written."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from retorsion.findings import NEGLIGIBLE, rounded, rounded_frame


def test_floats_are_rounded_wherever_they_stand_and_nothing_else_changes() -> None:
    value = {"a": [1.23456789, {"b": -5.55e-17}], "n": 1234567, "flag": True, "word": "x", "none": None}
    assert rounded(value) == {
        "a": [1.23457, {"b": 0.0}],
        "n": 1234567,
        "flag": True,
        "word": "x",
        "none": None,
    }


def test_a_frame_is_rounded_column_by_column() -> None:
    frame = pl.DataFrame({"a": [1e-17, 1.23456789, None], "b": [1, 2, 3], "c": [0.5, -123456.789, 2.0]})
    assert rounded_frame(frame).to_dict(as_series=False) == {
        "a": [0.0, 1.23457, None],
        "b": [1, 2, 3],
        "c": [0.5, -123457.0, 2.0],
    }


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12))
def test_rounding_is_close_and_a_second_one_changes_nothing(value: float) -> None:
    once = rounded(value)
    assert once == pytest.approx(value, rel=1e-5, abs=NEGLIGIBLE)
    assert rounded(once) == once
