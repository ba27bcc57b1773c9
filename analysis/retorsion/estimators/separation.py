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
from scipy import optimize, sparse
from scipy.sparse import linalg as sparse_linalg

__all__ = ["separated_rows"]

Floats = NDArray[np.float64]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

#: Columns up to which the null space is found by a singular value decomposition, and not by projections.
_DENSE_COLUMNS = 400
#: Most dimensions of the null space that are looked for by projections.
_MOST_DIMENSIONS = 200
#: Size of a combination, relative to the largest, below which it is zero.
_ZERO = 1e-7


def separated_rows(y: Floats, X: Floats, ids: Integers) -> Booleans:
    """Which rows are separated.

    Args:
        y: outcomes, 0 or more.
        X: rows by regressors, of comparable scale.
        ids: rows by fixed effects, group numbers from 0; a column of zeros stands for the constant.

    Returns:
        One truth value for each row.
    """
    separated = np.zeros(len(y), dtype=bool)
    zero = y == 0
    if not zero.any() or zero.all():
        return separated
    design = _design(X, ids)
    candidates = np.flatnonzero(zero)
    directions = _null_directions(design[~zero], design[candidates])
    moved = np.abs(directions).max(axis=1, initial=0.0) > _ZERO
    if moved.any():
        # rows that move alike, which dummies make frequent, are separated alike
        rows = directions[moved]
        _, place, kind = np.unique(np.round(rows, 9), axis=0, return_index=True, return_inverse=True)
        separated[candidates[moved]] = _positive_part(rows[place])[kind.ravel()]
    return separated


def _design(X: Floats, ids: Integers) -> sparse.csr_array:
    n = len(X)
    dummies = [
        sparse.csr_array((np.ones(n), (np.arange(n), column)), shape=(n, int(column.max()) + 1))
        for column in ids.T
    ]
    return sparse.csr_array(sparse.hstack([sparse.csr_array(X), *dummies]))


def _null_directions(positive: sparse.csr_array, candidates: sparse.csr_array) -> Floats:
    """Combinations that are zero in the positive rows, at the candidate rows: candidates by dimensions.

    Each column is scaled to a largest absolute value of one. Few columns are decomposed exactly; of many,
    random vectors are projected on the null space until they span it, which leaves out nothing with
    probability one.
    """
    n_columns = positive.shape[1]
    if n_columns <= _DENSE_COLUMNS:
        # the Gram matrix is small however many rows there are; its scale decides what counts as zero
        gram = (positive.T @ positive).toarray()
        values, vectors = np.linalg.eigh(gram)
        basis = vectors[:, values <= 1e-12 * max(float(values[-1]), 1.0)]
        found = candidates @ basis
        return _scaled(_independent(found))
    rng = np.random.default_rng(20190701)
    size = np.sqrt(np.asarray(positive.multiply(positive).sum(axis=0)).ravel())
    scale = np.where(size > 0, 1 / np.where(size > 0, size, 1.0), 1.0)  # columns of one length settle sooner
    positive, candidates = (
        sparse.csr_array(rows.multiply(scale[None, :])) for rows in (positive, candidates)
    )
    directions = np.zeros((candidates.shape[0], 0))
    while directions.shape[1] < _MOST_DIMENSIONS:
        random = rng.normal(size=n_columns)
        solved = sparse_linalg.lsmr(positive, positive @ random, atol=1e-12, btol=1e-12, maxiter=20_000)[0]
        found = candidates @ (random - solved)
        larger = _independent(np.column_stack([directions, found]))
        if larger.shape[1] == directions.shape[1]:
            break
        directions = larger
    return _scaled(directions)


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
