"""Covariance of Poisson effects that is robust to heteroskedasticity and clustering."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

__all__ = ["clustered_covariance", "effective_clusters"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def clustered_covariance(
    residuals: Floats,
    fitted: Floats,
    errors: Floats,
    clusters: Sequence[Integers],
    *,
    small_sample: bool = True,
) -> tuple[Floats, bool]:
    """Sandwich covariance with any number of ways of clustering.

    With several ways the sums over each way are added, those over pairs of ways subtracted, and so on
    (Cameron, Gelbach and Miller 2011, Journal of Business & Economic Statistics 29(2)). Such a difference need
    not be positive; negative eigenvalues are then set to zero, as they propose.

    Args:
        residuals: rows by terms, regressors without fixed effects.
        fitted: fitted means.
        errors: outcome less fitted mean.
        clusters: for each way the cluster numbers from 0; none clusters by row.
        small_sample: whether to multiply by G/(G−1), G the smallest number of clusters (or rows).

    Returns:
        Covariance, terms by terms, and whether it had to be repaired.
    """
    bread = np.linalg.inv(residuals.T @ (residuals * fitted[:, None]))
    scores = residuals * errors[:, None]
    if not clusters:
        n = len(scores)
        return np.asarray(bread @ (scores.T @ scores * (n / (n - 1) if small_sample else 1.0)) @ bread), False
    meat = np.zeros_like(bread)
    for n_ways in range(1, len(clusters) + 1):
        for chosen in combinations(clusters, n_ways):
            meat = meat + (-1) ** (n_ways + 1) * _outer_sum(scores, _crossed(chosen))
    smallest = min(int(codes.max()) + 1 for codes in clusters)
    covariance = bread @ (meat * (smallest / (smallest - 1) if small_sample else 1.0)) @ bread
    if len(clusters) == 1:
        return np.asarray(covariance), False
    return _positive(np.asarray(covariance))


def _positive(covariance: Floats) -> tuple[Floats, bool]:
    """The matrix with negative eigenvalues set to zero, and whether there were any."""
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    if values[0] >= -1e-12 * values[-1]:
        return covariance, False
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T), True


def _crossed(chosen: Sequence[Integers]) -> Integers:
    """Numbers of the combinations of clusters."""
    codes = chosen[0]
    for other in chosen[1:]:
        codes = np.unique(codes * (int(other.max()) + 1) + other, return_inverse=True)[1]
    return codes


def _outer_sum(scores: Floats, codes: Integers) -> Floats:
    sums = np.column_stack([np.bincount(codes, column) for column in scores.T])
    return np.asarray(sums.T @ sums, dtype=np.float64)


def effective_clusters(residuals: Floats, fitted: Floats, clusters: Sequence[Integers]) -> Floats:
    """How many clusters of equal weight would make an effect's standard error as uncertain as it is.

    Satterthwaite's approximation (Bell and McCaffrey 2002, Survey Methodology 28(2); Imbens and Kolesár 2016,
    Review of Economics and Statistics 98(4)) with errors in proportion to the fitted mean, as is usual for
    trade: with each cluster's share of the variance of the estimate, one over the sum of squared shares.

    Args:
        residuals: rows by terms, regressors without fixed effects.
        fitted: fitted means.
        clusters: none, one or two arrays of cluster numbers; of two the smaller result counts.

    Returns:
        One number per term; rows count as clusters where there are none.
    """
    influence = residuals @ np.linalg.inv(residuals.T @ (residuals * fitted[:, None]))
    variance = (influence * fitted[:, None]) ** 2
    numbers = []
    for codes in clusters or [np.arange(len(fitted))]:
        shares = np.column_stack([np.bincount(codes, column) for column in variance.T])
        numbers.append(shares.sum(axis=0) ** 2 / (shares**2).sum(axis=0))
    return np.asarray(np.min(numbers, axis=0))
