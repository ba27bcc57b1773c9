"""Survival curves and hazard ratios against published ones."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.survival import HazardRatios, SurvivalCurve, cox_regression, kaplan_meier


def times_of(days: object, answered: object) -> pl.DataFrame:
    return pl.DataFrame({"days": list(days), "is_answered": [bool(a) for a in answered]})  # type: ignore[call-overload]


def curve_of(days: object, answered: object) -> SurvivalCurve:
    return kaplan_meier(times_of(days, answered), duration="days", event="is_answered")


def cox(times: pl.DataFrame, covariates: list[str]) -> HazardRatios:
    return cox_regression(times, covariates, duration="days", event="is_answered")


def test_survival_curve_is_the_published_kaplan_meier_estimate():
    """Remission times under 6-MP (Freireich et al. 1963), the standard worked example."""
    days = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    answered = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    result = curve_of(days, answered)
    assert result.curve["time"].to_list() == [6, 7, 10, 13, 16, 22, 23]
    np.testing.assert_allclose(
        result.curve["survival"], [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448], atol=5e-4
    )
    # log-log limits at day 10 as survival::survfit(conf.type = "log-log") gives them
    row = result.curve.filter(pl.col("time") == 10).row(0, named=True)
    assert (round(row["lower"], 3), round(row["upper"], 3)) == (0.503, 0.889)
    assert result.median == 23
    assert result.median_lower == 13
    assert result.median_upper is None
    assert json.dumps(result.to_dict(), allow_nan=False)


def test_survival_curve_with_events_at_the_same_time_and_a_plateau():
    result = curve_of([0] * 5 + [3] * 5 + [100] * 20, [1] * 10 + [0] * 20)
    assert result.curve["survival"].to_list() == pytest.approx([25 / 30, 20 / 30])
    assert result.median is None
    assert result.median_lower is None


def test_too_few_events_are_said_in_a_sentence():
    with pytest.raises(NotEstimable, match="1 of 2 spells ended in the event; at least 5"):
        curve_of([3, 4], [1, 0])


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_limits_hold_the_curve_and_the_band_is_wider(seed):
    rng = np.random.default_rng(seed)
    days, answered = rng.integers(0, 50, 60), rng.uniform(size=60) < 0.6
    curve = curve_of(days, answered).curve.drop_nulls()
    assert (curve["lower"] <= curve["survival"]).all()
    assert (curve["survival"] <= curve["upper"]).all()
    middle = curve.filter(pl.col("survival").is_between(0.3, 0.7))
    assert (middle["band_lower"] <= middle["lower"] + 1e-9).all()
    assert (middle["band_upper"] >= middle["upper"] - 1e-9).all()


def test_cox_reproduces_the_two_group_remission_ratio():
    """Gehan's data: hazard ratio of placebo to 6-MP 4.82 with Efron's ties (Klein & Moeschberger)."""
    treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    status = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    times = times_of(treated + placebo, status + [1] * 21).with_columns(
        pl.Series("placebo", [False] * 21 + [True] * 21)
    )
    speed = cox(times, ["placebo"])
    row = speed.table.row(0, named=True)
    assert round(row["hazard_ratio"], 2) == 4.82
    assert (round(row["lower"], 2), round(row["upper"], 2)) == (2.15, 10.81)
    assert speed.ties == "Efron"


def test_cox_says_why_it_cannot():
    times = times_of([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 1, 1, 0, 0]).with_columns(
        pl.lit(1.0).alias("constant"),
        pl.Series("separated", [1.0] * 6 + [0.0] * 2),
        pl.Series("gaps", [1.0, None, 0, 1, 0, 1, 0, 1]),
        pl.Series("fine", [1.0, 0, 0, 1, 0, 1, 0, 1]),
    )
    with pytest.raises(NotEstimable, match="same constant"):
        cox(times, ["constant"])
    with pytest.raises(NotEstimable, match="same separated, so the ratio it makes is zero or infinite"):
        cox(times, ["separated"])
    with pytest.raises(NotEstimable, match="at least 10 are needed for 2 covariates"):
        cox(times, ["fine", "gaps"])
    with pytest.raises(ParameterError, match="missing or infinite values"):
        cox(times, ["gaps"])


def test_durations_that_are_no_durations_are_refused():
    for days in ([3, -1], [3, None]):
        with pytest.raises(ParameterError, match="missing or below zero"):
            curve_of(days, [1, 1])
    with pytest.raises(ParameterError, match=r"spells lacks the columns \['weeks'\]"):
        kaplan_meier(times_of([3], [1]), duration="weeks", event="is_answered")
