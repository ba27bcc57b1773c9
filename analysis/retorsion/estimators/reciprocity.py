"""Reciprocity of two series: does each side's past help to predict the other's present.

The vector autoregression of Goldstein & Freeman (1991, APSR 85) and Ward & Rajmaira (1992, Journal of
Conflict Resolution 36), with Granger's test in either direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats
from statsmodels.regression.linear_model import OLS

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars, numbers
from retorsion.estimators.results import Result

__all__ = ["Granger", "granger"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Granger(Result):
    """Whether the past of one series helps to predict another beyond its own past.

    Attributes:
        cause: series whose past is tested.
        effect: series to be predicted.
        lags: number of lags.
        n: observations used.
        f_statistic: of the test that all lags of the cause have no effect.
        df_numerator: degrees of freedom.
        df_denominator: degrees of freedom.
        p_value: its p-value.
        covariance: "classical", or "HC1" where it allows for unequal variances.
        response: sum of the coefficients of the cause's lags: change of the effect after a lasting change of
            the cause by one, before its own dynamics.
        response_lower: lower limit of it.
        response_upper: upper limit of it.
        level: confidence level.
    """

    cause: str
    effect: str
    lags: int
    n: int
    f_statistic: float
    df_numerator: int
    df_denominator: int
    p_value: float
    covariance: str
    response: float
    response_lower: float
    response_upper: float
    level: float


def _series(frame: pl.DataFrame, columns: tuple[str, str], lags: int) -> Floats:
    values = np.column_stack([numbers(frame, name).fill_null(np.nan).to_numpy() for name in columns])
    if not np.isfinite(values).all():
        raise ParameterError(
            f"series {columns}: have missing or infinite values. Give one value for every period, zero where nothing "
            "happened"
        )
    for name, column in zip(columns, values.T, strict=True):
        if len(column) < 3 or np.ptp(column) == 0:
            raise NotEstimable(f"{name} does not vary in the window, so there is nothing to predict.")
    if len(values) < 5 * (2 * lags + 1):
        raise NotEstimable(
            f"{len(values)} periods are too few for {lags} lags of two series; at least "
            f"{5 * (2 * lags + 1)} are needed."
        )
    return np.asarray(values)


def granger(
    frame: Frame,
    *,
    cause: str,
    effect: str,
    lags: int,
    covariance: Literal["classical", "HC1"] = "classical",
    level: float = 0.95,
) -> Granger:
    """Granger's test (1969, Econometrica 37) in one direction, with an intercept.

    Args:
        frame: one row per period, in order, without gaps.
        cause: column whose past is tested.
        effect: column to be predicted.
        lags: number of lags of both.
        covariance: "HC1" keeps the size of the test where the variance changes with the level of conflict.
        level: confidence level of the response.

    Raises:
        NotEstimable: a series that does not vary, or too few periods for the lags.
        ParameterError: missing values, or no lag.
    """
    if lags < 1:
        raise ParameterError(f"lags {lags}: the past begins at lag 1. Use at least 1")
    values = _series(as_polars(frame, [effect, cause]), (effect, cause), lags)
    n = len(values) - lags
    past = [values[lags - k : len(values) - k] for k in range(1, lags + 1)]
    design = np.column_stack([np.ones(n), *(p[:, 0] for p in past), *(p[:, 1] for p in past)])
    fitted = OLS(values[lags:, 0], design).fit(
        cov_type="nonrobust" if covariance == "classical" else covariance, use_t=True
    )
    tested = np.zeros((lags, design.shape[1]))
    tested[:, 1 + lags :] = np.eye(lags)
    test = fitted.f_test(tested)
    total = tested.sum(axis=0)
    response = float(total @ fitted.params)
    freedom = int(fitted.df_resid)
    error = float(np.sqrt(total @ fitted.cov_params() @ total))
    reach = float(stats.t.ppf(0.5 + level / 2, freedom)) * error
    return Granger(
        cause,
        effect,
        lags,
        n,
        float(test.fvalue),
        lags,
        freedom,
        float(test.pvalue),
        covariance,
        response,
        response - reach,
        response + reach,
        level,
    )
