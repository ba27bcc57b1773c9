"""Panels in which a known effect of one unit follows known weights of the others."""

from __future__ import annotations

import numpy as np
import polars as pl
from retorsion.estimators.synthetic_control import (
    ControlPanel,
    Predictor,
    control_panel,
)

#: Of the donors, in the treated unit.
WEIGHTS = np.array([0.5, 0.3, 0.2, 0, 0, 0, 0, 0])


def long_panel(seed: int, *, effect: float = 4.0, noise: float = 0.0, n_before: int = 20) -> pl.DataFrame:
    """A treated unit that is a known average of three of eight donors until period 0, then above it."""
    rng = np.random.default_rng(seed)
    n_periods = n_before + 6
    donors = 10 + np.cumsum(rng.normal(0, 1, (n_periods, 8)), axis=0)
    treated = donors @ WEIGHTS + noise * rng.normal(size=n_periods)
    treated[n_before:] += effect
    outcomes = np.column_stack([treated, donors])
    units = ["treated", *(f"d{i}" for i in range(8))]
    return pl.DataFrame(
        [
            (unit, t - n_before, outcomes[t, k], outcomes[:n_before, k].mean(), float(k))
            for k, unit in enumerate(units)
            for t in range(n_periods)
        ],
        schema=["unit", "period", "flow", "size", "rank"],
        orient="row",
    )


def arranged(frame: pl.DataFrame, **changes: object) -> ControlPanel:
    arguments = {
        "unit": "unit",
        "period": "period",
        "outcome": "flow",
        "treated": "treated",
        "first_treated": 0,
    } | changes
    return control_panel(frame, **arguments)  # type: ignore[arg-type]


PREDICTORS = (
    Predictor(column="size", periods=(-1,)),
    *(Predictor(column="flow", periods=(period,)) for period in (-20, -15, -10, -5, -1)),
)
