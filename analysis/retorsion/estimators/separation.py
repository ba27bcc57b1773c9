"""Rows of a Poisson model that their zero predicts perfectly, by fixed effects and regressors jointly.

A row is separated if some combination ``z`` of the regressors and fixed effects is zero wherever the outcome is
positive, nowhere negative, and positive in that row: the likelihood then rises for ever along ``z``, the row's
fitted mean tends to zero, and it says nothing about the effects that are finite (Correia, Guimarães and Zylkin
2019, "Verifying the existence of maximum likelihood estimates for generalized linear models",
arXiv:1903.01633). All such rows are found by one linear programme, in the space of the combinations that are
zero where the outcome is positive.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, optimize, sparse
from scipy.linalg import lapack

__all__ = ["is_searchable", "separated_rows"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

#: Most groups of the effects, without those of the largest, with which jointly separated rows are looked for.
MOST_GROUPS = 1_000
#: Size of a combination, relative to the largest, below which it is zero.
_ZERO = 1e-7


def is_searchable(ids: Integers) -> bool:
    """Whether a panel is small enough to look for rows that several effects separate jointly.

    The null space of more columns than :data:`MOST_GROUPS` takes longer to find than the model to fit.
    """
    sizes = ids.max(axis=0) + 1
    return int(sizes.sum() - sizes.max()) <= MOST_GROUPS


def separated_rows(y: Floats, X: Floats, ids: Integers) -> Booleans:
    """Which rows are separated.

    Args:
        y: outcomes, 0 or more.
        X: rows by regressors, of comparable scale.
        ids: rows by fixed effects, group numbers from 0; a column of zeros stands for the constant.

    Returns:
        One truth value for each row. In a panel that is not searchable (:func:`is_searchable`), only rows of groups
        whose outcomes are all zero.
    """
    separated = _in_zero_groups(y, ids)
    if not is_searchable(ids):
        return separated
    zero = (y == 0) & ~separated
    kept = ~separated
    if not zero.any() or not (y > 0).any():
        return separated
    candidates = np.flatnonzero(zero)
    directions = _null_directions(X[kept], ids[kept], zero[kept])
    moved = np.abs(directions).max(axis=1, initial=0.0) > _ZERO
    if moved.any():
        # rows that move alike, which dummies make frequent, are separated alike
        rows = directions[moved]
        _, place, kind = np.unique(np.round(rows, 9), axis=0, return_index=True, return_inverse=True)
        separated[candidates[moved]] = _positive_part(rows[place])[kind.ravel()]
    return separated


def _in_zero_groups(y: Floats, ids: Integers) -> Booleans:
    """Rows of groups whose outcomes are all zero."""
    found = np.zeros(len(y), dtype=bool)
    for column in ids.T:
        found |= np.bincount(column, weights=y)[column] == 0
    return found


def _null_directions(X: Floats, ids: Integers, zero: Booleans) -> Floats:
    """Combinations that are zero in the positive rows, at the zero rows: zero rows by dimensions.

    The effect with the most groups is eliminated: in each of its groups it takes up the mean of the positive rows.
    The null space of the rest follows from a decomposition.
    """
    inner = int(np.argmax(ids.max(axis=0)))
    design = _design(X, np.delete(ids, inner, axis=1))
    group = _design(np.zeros((len(X), 0)), ids[:, [inner]])
    positive = ~zero
    sums = sparse.csr_array(group[positive].T @ design[positive])
    counts = np.bincount(ids[positive, inner], minlength=group.shape[1])
    means = sparse.csr_array(sparse.diags_array(1 / np.maximum(counts, 1)) @ sums)
    gram = (design[positive].T @ design[positive] - sums.T @ means).toarray()
    basis = _null_space((gram + gram.T) / 2)
    return _scaled(_independent(design[zero] @ basis - group[zero] @ (means @ basis)))


def _null_space(gram: Floats) -> Floats:
    """Vectors that span the null space of a positive semidefinite matrix, by Cholesky's factor with pivots."""
    least = 1e-11 * max(float(gram.diagonal().max(initial=0.0)), 1.0)
    factor, order, rank, _ = lapack.dpstrf(gram, tol=least)
    free = np.eye(len(gram) - rank)
    bound = linalg.solve_triangular(factor[:rank, :rank], -factor[:rank, rank:])
    basis = np.empty((len(gram), len(free)))
    basis[order - 1] = np.vstack([bound, free])
    return basis


def _design(X: Floats, ids: Integers) -> sparse.csr_array:
    """Regressors and dummies of the effects, side by side."""
    n = len(X)
    dummies = [
        sparse.csr_array((np.ones(n), (np.arange(n), column)), shape=(n, int(column.max()) + 1))
        for column in ids.T
    ]
    return sparse.csr_array(sparse.hstack([sparse.csr_array(X), *dummies]))


def _independent(columns: Floats) -> Floats:
    """An orthogonal basis of the columns that are more than rounding."""
    if columns.size == 0 or np.abs(columns).max() <= _ZERO:
        return columns[:, :0]
    left, size, _ = np.linalg.svd(columns, full_matrices=False)
    kept = size > 1e-8 * max(float(size[0]), 1.0)
    return np.asarray(left[:, kept] * size[kept])


def _scaled(columns: Floats) -> Floats:
    largest = np.abs(columns).max(axis=0, initial=0.0)
    return np.asarray(columns[:, largest > 0] / largest[largest > 0])


def _positive_part(directions: Floats) -> Booleans:
    """Rows that are positive in some combination of the directions that is negative in no row.

    The programme maximises the sum of ``min(z, 1)`` subject to ``z >= 0``. Combinations may be added and scaled
    up, so the rows in which the solution is positive are all that can be.
    """
    n, d = directions.shape
    if d == 1:
        return np.full(n, bool((directions > 0).all() or (directions < 0).all()))
    bounded = sparse.hstack([sparse.csr_array(-directions), sparse.identity(n, format="csr")])
    solution = optimize.linprog(
        np.concatenate([np.zeros(d), -np.ones(n)]),
        A_ub=bounded,
        b_ub=np.zeros(n),
        # without a bound, combinations could blow up what is only rounding
        bounds=[(-1e3, 1e3)] * d + [(0.0, 1.0)] * n,
        method="highs",
    )
    if solution.x is None:
        return np.zeros(n, dtype=bool)
    return np.asarray(solution.x[d:] > 1e-6)
