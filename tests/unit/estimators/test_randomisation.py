"""Randomisation tests: exact where they can be, of the right size, and clear about what they cannot take."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators import randomisation_test


def panel(
    seed: int, effect: float, n_units: int = 20, n_periods: int = 8, n_treated: int = 1
) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(range(n_units), n_periods), np.tile(range(n_periods), n_units)
    treated = ((unit < n_treated) & (period >= 5)).astype(float)
    y = rng.normal(0, 1, n_units)[unit] + rng.normal(0, 1, n_periods)[period] + rng.normal(0, 1, len(unit))
    return pl.DataFrame({"unit": unit, "period": period, "treated": treated, "y": y + effect * treated})


def difference(frame: pl.DataFrame) -> float:
    """Difference in differences of means, by least squares on dummies of units and periods."""
    residual = [
        pl.col(c) - pl.col(c).mean().over("unit") - pl.col(c).mean().over("period") + pl.col(c).mean()
        for c in ("treated", "y")
    ]
    x, y = frame.select(residual).to_numpy().T
    return float(x @ y / (x @ x))


COLUMNS = {"treated": "treated", "unit": "unit", "period": "period"}


def test_one_treated_unit_gives_as_many_assignments_as_others() -> None:
    found = randomisation_test(panel(0, 5.0), difference, **COLUMNS)
    assert (found.n_assignments, found.is_exact) == (19, True)
    assert found.p_value == pytest.approx(1 / 20)
    assert found.estimate == pytest.approx(difference(panel(0, 5.0).sort("unit", "period")))
    again = randomisation_test(panel(0, 5.0).reverse().lazy(), difference, **COLUMNS)
    assert found.to_dict() == again.to_dict()


def test_assignments_over_periods_move_all_units_together() -> None:
    found = randomisation_test(panel(1, 8.0, n_periods=14), difference, over="periods", **COLUMNS)
    assert (found.n_assignments, found.is_exact, found.over) == (13, True, "periods")
    assert found.p_value <= 3 / 14


def test_without_an_effect_the_test_rejects_as_often_as_it_should() -> None:
    p_values = [randomisation_test(panel(seed, 0.0), difference, **COLUMNS).p_value for seed in range(120)]
    assert np.mean(np.array(p_values) <= 0.1) == pytest.approx(0.1, abs=3 * np.sqrt(0.09 / 120))
    strong = [randomisation_test(panel(seed, 4.0), difference, **COLUMNS).p_value for seed in range(30)]
    assert np.mean(np.array(strong) <= 0.1) > 0.8


def test_many_treated_units_are_drawn_and_the_draws_repeat() -> None:
    frame = panel(2, 1.0, n_treated=8)
    first, second = (randomisation_test(frame, difference, n_draws=99, seed=3, **COLUMNS) for _ in range(2))
    assert (first.n_assignments, first.is_exact) == (99, False)
    assert first.distribution.equals(second.distribution)
    six = panel(3, 1.0, n_units=6, n_treated=3)
    assert randomisation_test(six, difference, **COLUMNS).n_assignments == 19  # 6 over 3, less the actual one


def test_what_cannot_be_reassigned_is_said_so() -> None:
    frame = panel(4, 0.0)
    with pytest.raises(ParameterError, match="not balanced"):
        randomisation_test(frame.head(-1), difference, **COLUMNS)
    with pytest.raises(ParameterError, match="the same in all rows"):
        randomisation_test(frame.with_columns(treated=1.0), difference, **COLUMNS)
    with pytest.raises(NotEstimable, match="at least 9 are needed"):
        randomisation_test(panel(5, 0.0, n_units=6), difference, **COLUMNS)

    def refuses(_: pl.DataFrame) -> float:
        raise NotEstimable("nothing to see")

    with pytest.raises(NotEstimable, match="nothing to see"):
        randomisation_test(frame, refuses, **COLUMNS)
