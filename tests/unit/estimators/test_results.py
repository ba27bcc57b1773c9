"""The record every impact estimator returns."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, estimates_frame, rank_limits, wald_limits
from retorsion.impact.findings import ranked


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
    lower, upper, p = wald_limits(1.959963984540054, 1.0)
    assert lower == pytest.approx(0, abs=1e-12)
    assert upper == pytest.approx(3.919927969080108)
    assert p == pytest.approx(0.05)
    assert wald_limits(1.0, 1.0, degrees_of_freedom=5)[1] == pytest.approx(1 + 2.5705818366147395)


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_no_interval_without_a_standard_error(bad: float) -> None:
    with pytest.raises(NotEstimable, match="standard error"):
        wald_limits(1.0, bad)


@pytest.mark.parametrize(
    ("n", "level", "ranks", "held"),
    [
        (26, 0.95, (1, 26), 25 / 27),  # the extremes, and less than was asked for
        (39, 0.95, (1, 39), 0.95),  # the fewest that hold 95 per cent
        (99, 0.95, (2, 98), 0.96),
        (2, 0.95, (1, 2), 1 / 3),
        (99, 0.90, (5, 95), 0.90),
    ],
)
def test_ranks_hold_what_they_say(n: int, level: float, ranks: tuple[int, int], held: float) -> None:
    low, high, holds = rank_limits(n, level)
    assert (low, high) == ranks
    assert holds == pytest.approx(held)
    draws = np.random.default_rng(n).normal(size=(20_000, n + 1))
    ordered = np.sort(draws[:, :-1], axis=1)
    inside = (ordered[:, low - 1] < draws[:, -1]) & (draws[:, -1] < ordered[:, high - 1])
    assert inside.mean() == pytest.approx(held, abs=0.015)


def test_one_placebo_has_no_range() -> None:
    with pytest.raises(NotEstimable, match="at least two"):
        rank_limits(1, 0.95)


def test_an_estimate_among_few_placebos_carries_the_level_they_hold() -> None:
    found = ranked(
        -1.0,
        [0.1 * k for k in range(-13, 13)],
        term="t",
        level=0.95,
        n_obs=1,
        estimator="e",
        citation="c",
        sample="s",
    )
    assert found.level == pytest.approx(25 / 27)
    assert "26 placebos hold 93%, not 95%" in found.caveat
    assert (found.lower, found.upper) == pytest.approx((-2.2, 0.3))


def test_a_record_shows_itself_as_a_row_a_text_and_a_cell() -> None:
    one = Estimate(
        term="<x>", estimate=1.23456789, n_obs=7, estimator="e", citation="c", lower=1.0, upper=2.0
    )
    assert one.to_frame().row(0, named=True)["estimate"] == 1.23456789
    assert "1.23457" in one.summary()
    assert "&lt;x&gt;" in one._repr_html_()
    assert one.interval is not None
    assert (one.interval.lower, one.interval.upper) == (1.0, 2.0)
    assert Estimate(term="x", estimate=1.0, n_obs=1, estimator="e", citation="c").interval is None
