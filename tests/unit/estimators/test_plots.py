"""A result with something to see draws itself, on axes of its own or on those given."""

from __future__ import annotations

from datetime import date

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
import pytest
from matplotlib.axes import Axes
from retorsion.estimators import (
    control_panel,
    convex_control,
    kaplan_meier,
    monthly_event_study,
    specification_curve,
)
from retorsion.estimators.event_study import EventPath
from retorsion.estimators.results import Estimate
from retorsion.estimators.specifications import SpecificationCurve
from retorsion.estimators.survival import SurvivalCurve
from retorsion.estimators.synthetic_control import ControlFit


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def estimate(value: float) -> Estimate:
    return Estimate(
        term="x", estimate=value, lower=value - 1, upper=value + 1, n_obs=9, estimator="e", citation="c"
    )


def survival() -> SurvivalCurve:
    spells = pl.DataFrame({"days": [1, 2, 3, 4, 5, 6, 7], "ended": [1, 1, 0, 1, 1, 1, 0]})
    return kaplan_meier(spells, duration="days", event="ended")


def path() -> EventPath:
    return EventPath(
        periods=(-3, -2, 0, 1),
        reference=-1,
        first_treated=0,
        effects=tuple(map(estimate, (0.1, -0.1, 2.0, 3.0))),
        covariance=np.eye(4),
        statement="tried",
    )


def control() -> ControlFit:
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        [
            {"unit": unit, "period": period, "outcome": period + place + rng.normal()}
            for place, unit in enumerate("abcd")
            for period in range(12)
        ]
    )
    panel = control_panel(
        frame, unit="unit", period="period", outcome="outcome", treated="a", first_treated=8
    )
    return convex_control(panel)


def curve() -> SpecificationCurve:
    return specification_curve(
        lambda unit: estimate(2.0 if unit == "act" else 1.0), {"unit": ["act", "package"]}
    )


@pytest.mark.parametrize("make", [survival, path, control, curve])
def test_a_result_draws_itself(make) -> None:
    result = make()
    new = result.plot()
    assert isinstance(new, Axes)
    assert new.has_data()
    given = plt.subplots()[1]
    assert result.plot(given) is given
    assert given.get_ylabel() == new.get_ylabel()


def test_dots_are_the_estimates_and_the_reference_is_at_zero() -> None:
    dots = path().plot().lines[1]
    assert dots.get_xdata().tolist() == [-3, -2, -1, 0, 1]
    assert dots.get_ydata().tolist() == [0.1, -0.1, 0.0, 2.0, 3.0]


def test_months_without_an_estimate_are_left_out() -> None:
    months = [date(2020 + place // 12, place % 12 + 1, 1) for place in range(40)]
    values = [100.0 + place % 5 for place in range(40)]
    values[38] = 0.0
    series = pl.DataFrame({"period_start": months, "value": values})
    drawn = monthly_event_study(series, date(2022, 6, 1), months_after=12).plot()
    assert np.isnan(drawn.lines[1].get_ydata()).sum() == 1
