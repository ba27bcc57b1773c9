"""Specification curves: every combination, in order, with reasons."""

from __future__ import annotations

import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators import Estimate, specification_curve


def estimate(rows: str, trend: bool, power: int) -> Estimate:
    if rows == "thin" and power == 2:
        raise NotEstimable("The sample is too thin.")
    value = {"all": 1.0, "thin": -0.2}[rows] + 0.1 * power + (0.05 if trend else 0)
    return Estimate(
        term="x", estimate=value, lower=value - 0.3, upper=value + 0.3, n_obs=10, estimator="e", citation="c"
    )


CHOICES = {"rows": ["all", "thin"], "trend": [True, False], "power": [1, 2]}


def test_all_combinations_are_there_in_the_order_of_their_estimates() -> None:
    curve = specification_curve(estimate, CHOICES)
    assert (curve.n, curve.n_estimated) == (8, 6)
    found = curve.table["estimate"].to_list()
    assert found[:6] == sorted(found[:6])
    assert found[6:] == [None, None]
    assert curve.table["not_estimable"].to_list()[6:] == ["The sample is too thin."] * 2
    assert (curve.lowest, curve.highest) == (pytest.approx(-0.1), pytest.approx(1.25))
    assert curve.median == pytest.approx(1.125)
    assert curve.same_sign == pytest.approx(4 / 6)
    assert curve.significant == pytest.approx(4 / 6)
    by_rows = curve.without("rows")
    assert by_rows.rows() == [("all", pytest.approx(1.175), 4), ("thin", pytest.approx(-0.075), 2)]
    assert "n_estimated" in curve.summary()


def test_what_is_no_curve_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least one value"):
        specification_curve(estimate, {"rows": []})
    with pytest.raises(ParameterError, match=r"choices \['level'\]: are columns of an estimate"):
        specification_curve(estimate, {"level": [1]})
    with pytest.raises(NotEstimable, match=r"None of 1 specifications.*too thin"):
        specification_curve(estimate, {"rows": ["thin"], "trend": [True], "power": [2]})
