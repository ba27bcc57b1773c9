"""Variance of a mean whose terms follow one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["long_run_variance"]


def long_run_variance(values: ArrayLike, lags: int) -> NDArray[np.float64]:
    """Long-run variance around the mean along the last axis, with Bartlett's weights.

    Newey and West 1987, Econometrica 55(3). Divided by the number of terms it is the variance of their mean.

    Args:
        values: one series, or one in each row.
        lags: greatest lag; of short series at most their length less one.

    Returns:
        One number for each series, at least zero.
    """
    series = np.asarray(values, dtype=np.float64)
    n = series.shape[-1]
    centred = series - series.mean(axis=-1, keepdims=True)
    total = (centred**2).sum(axis=-1)
    for lag in range(1, min(lags, n - 1) + 1):
        total = total + 2 * (1 - lag / (lags + 1)) * (centred[..., lag:] * centred[..., :-lag]).sum(axis=-1)
    return np.asarray(np.maximum(total, 0.0) / n)
