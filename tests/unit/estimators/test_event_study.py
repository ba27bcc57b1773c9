"""Paths of effects: what is a lead, what a lead says, and how far it lets one doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.event_study import EventPath, joint_test
from retorsion.estimators.results import ESTIMATE_SCHEMA, Estimate, wald_limits


def path(values: dict[int, float], *, reference: int = 2021, first_treated: int = 2022) -> EventPath:
    covariance = 0.01 * (np.eye(len(values)) + 0.5)
    effects = []
    for value in values.values():
        lower, upper, p_value = wald_limits(value, np.sqrt(0.015))
        effects.append(
            Estimate(
                term="effect",
                estimate=value,
                standard_error=float(np.sqrt(0.015)),
                lower=lower,
                upper=upper,
                p_value=p_value,
                n_obs=10,
                estimator="PPML",
                citation="someone",
            )
        )
    return EventPath(
        periods=tuple(values),
        reference=reference,
        first_treated=first_treated,
        effects=tuple(effects),
        covariance=covariance,
        statement="",
    )


FLAT = {2018: 0.05, 2019: -0.05, 2020: 0.02, 2022: -1.0, 2023: -1.2}


def test_rows_are_in_time_and_the_reference_is_among_them() -> None:
    frame = path(FLAT).frame()
    assert frame["period"].to_list() == [2018, 2019, 2020, 2021, 2022, 2023]
    assert frame["phase_type"].to_list() == ["lead"] * 3 + ["reference"] + ["after"] * 2
    assert frame.columns == ["period", "phase_type", *ESTIMATE_SCHEMA.names()]
    row = frame.filter(pl.col("period") == 2021).row(0, named=True)
    assert (row["estimate"], row["standard_error"], row["lower"]) == (0.0, None, None)


def test_leads_are_tested_together() -> None:
    assert path(FLAT).pre_trend_test().degrees_of_freedom == 3
    assert path(FLAT).pre_trend_test().p_value > 0.5
    rising = {2018: 0.9, 2019: 0.6, 2020: 0.3, 2022: -1.0, 2023: -1.2}
    assert path(rising).pre_trend_test().p_value < 1e-4
    with pytest.raises(NotEstimable, match="no period before the change"):
        path({2022: -1.0, 2023: -1.2}).pre_trend_test()


def test_joint_test_is_the_sum_of_squares_of_independent_effects() -> None:
    test = joint_test(np.array([1.0, 2.0]), np.diag([1.0, 4.0]))
    assert test.statistic == pytest.approx(2.0)
    assert test.p_value == pytest.approx(np.exp(-1))
    assert test.to_dict() == {"statistic": test.statistic, "degrees_of_freedom": 2, "p_value": test.p_value}
    with pytest.raises(NotEstimable, match="inverse"):
        joint_test(np.array([1.0, 1.0]), np.ones((2, 2)))


def test_the_mean_after_the_change_uses_the_covariance() -> None:
    mean = path(FLAT).average_after()
    assert mean.estimate == pytest.approx(-1.1)
    assert mean.standard_error == pytest.approx(np.sqrt((2 * 0.015 + 2 * 0.005) / 4))
    with pytest.raises(NotEstimable, match="No period from 2022"):
        path({2019: 0.0, 2020: 0.0}).average_after()


def test_the_robust_interval_widens_with_the_doubt() -> None:
    study = path(FLAT)
    mean = study.average_after()
    assert mean.lower is not None
    assert mean.upper is not None
    widths = []
    for magnitude in (0.0, 0.5, 1.0, 2.0):
        lower, upper = study.robust_interval(magnitude)
        assert lower < mean.estimate < upper
        widths.append(upper - lower)
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(mean.upper - mean.lower, rel=0.02)
    # A clear effect survives doubts as large as the leads, a steep trend before the change does not.
    assert study.robust_interval(1.0, 2022)[1] < 0
    steep = path({2018: 1.5, 2019: 1.0, 2020: 0.5, 2022: -0.5, 2023: -1.0})
    assert steep.robust_interval(1.0, 2022)[1] > 0


def test_the_robust_interval_needs_leads_without_gaps() -> None:
    with pytest.raises(NotEstimable, match="Trends before the change are not seen"):
        path({2022: -1.0}).robust_interval(1.0)
    with pytest.raises(NotEstimable, match="Trends before the change are not seen"):
        path({2018: 0.0, 2020: 0.0, 2021: 0.0, 2022: -1.0}, reference=2019).robust_interval(1.0)
    with pytest.raises(NotEstimable, match="gaps"):
        path({2018: 0.0, 2020: 0.0, 2022: -1.0}).robust_interval(1.0)
    with pytest.raises(ParameterError, match="2019 is not after"):
        path(FLAT).robust_interval(1.0, 2019)


def test_smooth_differences_in_trend_continue_the_leads() -> None:
    sloped = path({2018: 0.9, 2019: 0.6, 2020: 0.3, 2022: -0.3, 2023: -0.6})
    lower, upper = sloped.robust_interval(smoothness=0.0, period=2022)
    assert lower < 0 < upper  # all of it is the trend that the leads show
    wide = sloped.robust_interval(smoothness=0.2, period=2022)
    assert wide[0] < lower
    assert wide[1] > upper
    flat = path(FLAT).robust_interval(smoothness=0.0, period=2022)
    assert flat[1] < 0
    few_clusters = replace(sloped, covariance=np.ones((5, 5)))
    with pytest.raises(NotEstimable, match="covariance of 5 effects has rank 1"):
        few_clusters.robust_interval(smoothness=0.1)
    for options in ({}, {"relative_magnitude": 1.0, "smoothness": 1.0}, {"smoothness": -1.0}):
        with pytest.raises(ParameterError, match="give one of them"):
            sloped.robust_interval(**options)
