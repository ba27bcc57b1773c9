"""One effect in a full table of flows: the same numbers as the general PPML gives."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.flow_tables import effect_in_table, fitted_table
from retorsion.estimators.ppml import fit_ppml

AREAS = ((0, 1), (1, 2), (0, 2))


def three_way(seed: int, effect: float = -0.8) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    rng = np.random.default_rng(seed)
    shape = 6, 7, 9
    z = np.zeros(shape)
    z[2, :3, 4:] = 1.0
    z[2, 3, 6:] = 0.5
    mean = np.exp(
        rng.normal(3, 1, (6, 7, 1))
        + rng.normal(0, 0.4, (1, 7, 9))
        + rng.normal(0, 0.4, (6, 1, 9))
        + effect * z
    )
    y = rng.poisson(mean).astype(float)
    y[5, 6] = 0.0  # a pair that never trades
    return y, z


def long(y: np.ndarray, z: np.ndarray) -> pl.DataFrame:  # type: ignore[type-arg]
    a, g, t = np.indices(y.shape)
    columns = {"a": a, "g": g, "t": t, "y": y, "z": z}
    return pl.DataFrame({name: values.ravel() for name, values in columns.items()})


@pytest.mark.parametrize("seed", range(3))
def test_three_ways_as_the_general_fit(seed: int) -> None:
    y, z = three_way(seed)
    fit = fit_ppml(
        long(y, z), outcome="y", regressors=["z"], fixed_effects=[["a", "g"], ["g", "t"], ["a", "t"]]
    )
    assert effect_in_table(y, z, margins=AREAS) == pytest.approx(fit.coefficients[0], abs=1e-6)
    start = fitted_table(y, margins=AREAS)
    assert effect_in_table(y, z, margins=AREAS, exposure=start) == pytest.approx(
        fit.coefficients[0], abs=1e-6
    )
    for axes in ((0, 1), (1, 2), (0, 2)):
        gone = ({0, 1, 2} - set(axes)).pop()
        assert start.sum(axis=gone) == pytest.approx(y.sum(axis=gone), abs=1e-4)


def test_two_ways_with_an_exposure_as_the_general_fit() -> None:
    y, z = three_way(5)
    exposure = np.exp(np.random.default_rng(0).normal(0, 1, y[2].shape))
    frame = long(y[2][None], z[2][None]).with_columns(offset=np.log(exposure).ravel())
    fit = fit_ppml(frame, outcome="y", regressors=["z"], fixed_effects=["g", "t"], offset="offset")
    assert effect_in_table(y[2], z[2], exposure=exposure) == pytest.approx(fit.coefficients[0], abs=1e-6)


def test_the_unit_of_value_does_not_matter() -> None:
    y, z = three_way(1)
    assert effect_in_table(y * 1e9, z, margins=AREAS) == pytest.approx(
        effect_in_table(y, z, margins=AREAS), abs=1e-6
    )


def test_what_has_no_effect_gets_a_sentence() -> None:
    y, z = three_way(0)
    with pytest.raises(NotEstimable, match="left beside the fixed effects"):
        effect_in_table(y, np.zeros_like(y), margins=AREAS)
    stopped = np.where(z > 0, 0.0, y)
    with pytest.raises(NotEstimable, match="no finite value"):
        effect_in_table(stopped, z, margins=AREAS)
    with pytest.raises(ParameterError, match="one shape"):
        effect_in_table(y, z[:2], margins=AREAS)
