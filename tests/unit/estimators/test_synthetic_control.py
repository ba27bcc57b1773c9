"""Synthetic control: weights that are known, placebos that count right, panels that cannot bear it."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from invented_panels import PREDICTORS, arranged, long_panel
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.synthetic_control import (
    Predictor,
    classic_control,
    convex_control,
    simplex_least_squares,
    synthetic_did,
)
from scipy import optimize


def test_known_weights_and_a_known_effect_are_found() -> None:
    fit = convex_control(arranged(long_panel(0)))
    assert fit.weights["unit"].to_list() == ["d0", "d1", "d2"]
    assert fit.weights["weight"].to_list() == pytest.approx([0.5, 0.3, 0.2], abs=1e-6)
    assert fit.estimate.estimate == pytest.approx(4.0, abs=1e-5)
    assert fit.rmspe_before == pytest.approx(0, abs=1e-5)
    assert fit.path.filter(pl.col("phase_type") == "after")["gap"].to_list() == pytest.approx(
        [4.0] * 6, abs=1e-4
    )
    assert fit.estimate.standard_error is None


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 100_000), st.integers(3, 12), st.integers(2, 10))
def test_weights_are_a_simplex_and_no_point_of_it_is_better(seed: int, n_donors: int, n_periods: int) -> None:
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(n_periods, n_donors)), rng.normal(size=n_periods)
    x = simplex_least_squares(A, b)
    assert (x >= 0).all()
    assert x.sum() == pytest.approx(1)
    loss = float(np.sum((A @ x - b) ** 2))
    other = optimize.minimize(
        lambda w: np.sum((A @ w - b) ** 2),
        np.full(n_donors, 1 / n_donors),
        jac=lambda w: 2 * A.T @ (A @ w - b),
        bounds=[(0, 1)] * n_donors,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 500},
    )
    assert loss <= other.fun + 1e-6 * (1 + other.fun)


def test_synthetic_differences_forgive_a_level_difference() -> None:
    level = long_panel(2, noise=0.1)
    raised = level.with_columns(
        flow=pl.when(pl.col("unit") == "treated").then(pl.col("flow") + 100).otherwise("flow")
    )
    panel = arranged(raised)
    fit = synthetic_did(panel, n_replicates=50, seed=0)
    assert fit.estimate.estimate == pytest.approx(
        synthetic_did(arranged(level), n_replicates=50, seed=0).estimate.estimate, rel=1e-6
    )
    assert fit.path.filter(pl.col("phase_type") == "after")["gap"].mean() == fit.estimate.estimate
    assert fit.estimate.standard_error is not None
    assert fit.estimate.standard_error > 0
    assert fit.estimate.standard_error_type == "placebo, 50 draws"
    assert convex_control(panel).rmspe_before > 50
    again = synthetic_did(panel, n_replicates=50, seed=0)
    assert again.estimate == fit.estimate
    assert synthetic_did(panel, n_replicates=50, seed=1).estimate != fit.estimate


def test_many_starts_are_reported_and_the_best_is_kept() -> None:
    panel = arranged(long_panel(3, noise=0.3), predictors=PREDICTORS)
    fit = classic_control(panel, n_starts=6, seed=0)
    assert len(fit.starts) == 6
    assert fit.starts["is_best"].sum() == 1
    best = fit.starts.filter("is_best").row(0, named=True)
    assert best["rmspe_before"] == fit.starts["rmspe_before"].min()
    assert best["rmspe_before"] == pytest.approx(fit.rmspe_before)
    assert best["estimate"] == fit.estimate.estimate
    assert f"{fit.starts['estimate'].min():.4g}" in fit.estimate.caveat
    assert fit.predictor_weights["weight"].sum() == pytest.approx(1)
    assert fit.predictor_weights["predictor"].to_list()[0] == "size -1--1"
    assert convex_control(panel).rmspe_before <= fit.rmspe_before + 1e-9
    again = classic_control(panel, n_starts=6, seed=0)
    assert again.starts.equals(fit.starts)


def test_only_the_fit_periods_guide_the_search() -> None:
    panel = arranged(long_panel(4, noise=0.5), predictors=PREDICTORS)
    late = classic_control(panel, n_starts=4, seed=0, fit_periods=range(-5, 0))
    gaps = late.path.filter(pl.col("period").is_between(-5, -1))["gap"].to_numpy()
    assert late.starts.filter("is_best")["rmspe_before"][0] == pytest.approx(np.sqrt(np.mean(gaps**2)))
    with pytest.raises(ParameterError, match=r"\[0\] are not among"):
        classic_control(panel, n_starts=2, seed=0, fit_periods=[-1, 0])


def test_panels_that_cannot_bear_an_estimate() -> None:
    frame = long_panel(9)
    with pytest.raises(NotEstimable, match="1 donors"):
        arranged(frame, donors=["d0"])
    with pytest.raises(NotEstimable, match="d0 has 0 rows in -20"):
        arranged(frame.filter(~((pl.col("unit") == "d0") & (pl.col("period") == -20))))
    with pytest.raises(NotEstimable, match="d0 has 2 rows"):
        arranged(pl.concat([frame, frame.filter((pl.col("unit") == "d0") & (pl.col("period") == 1))]))
    with pytest.raises(NotEstimable, match="missing or not finite"):
        arranged(frame.with_columns(flow=pl.when(pl.col("period") == 1).then(float("inf")).otherwise("flow")))
    with pytest.raises(NotEstimable, match="1 periods lie before"):
        arranged(frame, first_treated=-19)
    with pytest.raises(NotEstimable, match="0 from then on"):
        arranged(frame, first_treated=100)
    with pytest.raises(ParameterError, match=r"\['nobody'\] are not in the panel"):
        arranged(frame, treated="nobody")
    with pytest.raises(ParameterError, match="lacks the columns"):
        arranged(frame, outcome="nothing")
    with pytest.raises(ParameterError, match="not periods before the change"):
        arranged(frame, predictors=[Predictor(column="size", periods=(0,))])
    with pytest.raises(NotEstimable, match="no value for"):
        arranged(
            frame.with_columns(size=pl.when(pl.col("unit") == "d3").then(None).otherwise("size")),
            predictors=[Predictor(column="size", periods=(-1,))],
        )
    with pytest.raises(ParameterError, match="needs predictors"):
        classic_control(arranged(frame), n_starts=2, seed=0)
    same = frame.with_columns(size=pl.lit(1.0))
    with pytest.raises(NotEstimable, match="the same for all units"):
        classic_control(
            arranged(same, predictors=[Predictor(column="size", periods=(-1,))]), n_starts=2, seed=0
        )
    with pytest.raises(NotEstimable, match="nothing to weigh"):
        arranged(frame, donors=["d0", "d1"]).without("d0")
