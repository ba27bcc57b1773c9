"""Placebos of synthetic controls: units, periods and donors by turns, none of them twice."""

from __future__ import annotations

from functools import partial

import polars as pl
import pytest
from invented_panels import PREDICTORS, arranged, long_panel
from retorsion.estimators.control_placebos import leave_one_out, placebos_in_space, placebos_in_time
from retorsion.estimators.synthetic_control import (
    classic_control,
    convex_control,
)


def test_placebos_count_the_treated_unit_and_leave_it_out_of_the_donors() -> None:
    panel = arranged(long_panel(5, noise=0.2, effect=8))
    placebos = placebos_in_space(panel, convex_control)
    assert placebos.n_kept == 9
    assert placebos.units.filter("is_treated")["rmspe_ratio"][0] == placebos.units["rmspe_ratio"].max()
    assert placebos.p_value == pytest.approx(1 / 9)
    assert set(placebos.gaps["unit"]) == set(panel.units)
    own = placebos.units.filter(pl.col("unit") == "d4").row(0, named=True)
    direct = convex_control(
        arranged(long_panel(5, noise=0.2, effect=8).filter(pl.col("unit") != "treated"), treated="d4")
    )
    assert own["estimate"] == pytest.approx(direct.estimate.estimate)


def test_badly_fitted_placebos_can_be_left_out() -> None:
    panel = arranged(long_panel(6, noise=0.5))
    every = placebos_in_space(panel, convex_control)
    some = placebos_in_space(panel, convex_control, worst_fit=2)
    assert some.n_kept < every.n_kept
    limit = 2 * some.units.filter("is_treated")["rmspe_before"][0]
    assert some.units.filter("is_kept")["rmspe_before"].max() <= limit


def test_placebos_in_time_do_not_see_the_change() -> None:
    panel = arranged(long_panel(7, noise=0.2, effect=50))
    found = placebos_in_time(panel, convex_control, [-10, -5, -19, 3])
    assert found["estimate"].to_list()[:2] == pytest.approx([0, 0], abs=2)
    assert found["not_estimable"].to_list()[:2] == [None, None]
    assert all("leaves" in reason for reason in found["not_estimable"].to_list()[2:])
    looking_ahead = arranged(long_panel(7), predictors=PREDICTORS)
    found = placebos_in_time(looking_ahead, partial(classic_control, n_starts=2, seed=0), [-5])
    assert "the predictors look at" in found["not_estimable"][0]


def test_each_donor_with_weight_is_left_out_once() -> None:
    panel = arranged(long_panel(8, noise=0.1))
    full = convex_control(panel)
    found = leave_one_out(panel, convex_control)
    assert found["left_out"].to_list() == ["", *full.weights["unit"]]
    assert found["estimate"][0] == full.estimate.estimate
    assert (found["rmspe_before"][1:] >= full.rmspe_before - 1e-9).all()
