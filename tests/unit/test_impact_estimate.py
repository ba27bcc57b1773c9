"""The record every impact estimator returns."""

from __future__ import annotations

import dataclasses
import json
import math

import polars as pl
import pytest

from analysis.errors import NotEstimable
from analysis.impact.estimate import ESTIMATE_SCHEMA, Estimate, estimates_frame, interval


def _estimate(**changes: object) -> Estimate:
    base = Estimate(term="rta", estimate=0.5, n_obs=10, estimator="PPML", citation="someone 2000")
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def test_an_estimate_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _estimate().estimate = 1.0  # type: ignore[misc]


def test_to_dict_is_json_with_null_for_what_is_not_finite() -> None:
    values = _estimate(log_likelihood=math.nan, upper=math.inf).to_dict()
    assert json.loads(json.dumps(values, allow_nan=False))["log_likelihood"] is None
    assert values["upper"] is None
    assert values["estimate"] == 0.5


def test_frame_has_the_declared_columns_even_when_empty() -> None:
    assert estimates_frame([]).schema == ESTIMATE_SCHEMA
    frame = estimates_frame([_estimate(n_clusters=3), _estimate(term="lead")])
    assert frame.schema == ESTIMATE_SCHEMA
    assert frame["term"].to_list() == ["rta", "lead"]
    assert frame["n_clusters"].to_list() == [3, None]
    assert ESTIMATE_SCHEMA["standard_error"] == pl.Float64


def test_interval_is_the_textbook_one() -> None:
    lower, upper, p = interval(1.959963984540054, 1.0)
    assert lower == pytest.approx(0, abs=1e-12)
    assert upper == pytest.approx(3.919927969080108)
    assert p == pytest.approx(0.05)
    assert interval(1.0, 1.0, degrees_of_freedom=5)[1] == pytest.approx(1 + 2.5705818366147395)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_no_interval_without_a_standard_error(bad: float) -> None:
    with pytest.raises(NotEstimable, match="standard error"):
        interval(1.0, bad)
