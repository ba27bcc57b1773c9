"""Fixed effects of large sparse panels: their layout, their removal from a column, their Poisson margins.

Trade panels are sparse and unbalanced, flows differ by ten orders of magnitude, and fixed effects by product
make them fall apart into blocks that do not touch. General routines pay for the worst block in all blocks
and measure convergence on the smallest flow as on the largest. Here each connected component is solved on
its own, the effect with the most groups (usually the pair) is eliminated exactly, the rest is found by
conjugate gradients, and convergence is measured in the flows' own weights.

Method: weighted within transformation as in Correia (2016, working paper "A feasible estimator for linear
models with multi-way fixed effects"); margins of the Poisson model by iterative proportional fitting (Deming
and Stephan 1940).
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

__all__ = ["FixedEffects", "absorb", "arrange", "fit_margins", "newton_direction"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FixedEffects:
    """Rows of a panel ordered for fast removal of its fixed effects.

    The *inner* effect is the one with most groups; its rows lie side by side. The other effects are *outer*.

    Attributes:
        order: position in the caller's frame of each row here.
        inner_start: first row of each inner group, and the number of rows as the last entry.
        outer_ids: rows by outer effects, numbers of the outer groups; all groups share one numbering.
        component_inner: first inner group of each connected component, and their number as the last entry.
        component_outer: the same for outer groups.
    """

    order: Integers
    inner_start: Integers
    outer_ids: NDArray[np.int32]
    component_inner: Integers
    component_outer: Integers

    @property
    def n_components(self) -> int:
        """Parts of the panel that share no group."""
        return len(self.component_inner) - 1

    @property
    def n_outer(self) -> int:
        """Number of outer groups, all effects together."""
        return int(self.component_outer[-1])


def arrange(ids: Integers) -> FixedEffects:
    """Order rows by connected component and inner group.

    Args:
        ids: rows by effects (at least one), group numbers from 0 without gaps in each column.
    """
    n_groups = ids.max(axis=0) + 1
    inner = int(np.argmax(n_groups))
    outer = [column for column in range(ids.shape[1]) if column != inner]
    # Nodes are groups, those of the inner effect first; a row ties its inner group to each outer one.
    offsets = n_groups[inner] + np.concatenate([[0], np.cumsum(n_groups[outer])]).astype(np.int64)
    nodes = ids[:, outer] + offsets[:-1]
    n_nodes = int(offsets[-1])
    tied = np.repeat(ids[:, inner], len(outer))
    graph = sparse.coo_matrix(
        (np.ones(len(tied), dtype=np.int8), (tied, nodes.ravel())), shape=(n_nodes, n_nodes)
    )
    n_components, label = csgraph.connected_components(graph.tocsr(), directed=False)

    row_label = label[ids[:, inner]]
    order = np.lexsort((ids[:, inner], row_label))
    sorted_inner = ids[order, inner]
    is_first = np.ones(len(order), dtype=bool)
    is_first[1:] = sorted_inner[1:] != sorted_inner[:-1]
    first_rows = np.flatnonzero(is_first)
    outer_label = label[n_groups[inner] :]
    by_component = np.argsort(outer_label, kind="stable")
    renumbered = np.empty(len(by_component), dtype=np.int32)
    renumbered[by_component] = np.arange(len(by_component), dtype=np.int32)
    return FixedEffects(
        order=order,
        inner_start=np.append(first_rows, len(order)),
        outer_ids=np.ascontiguousarray(renumbered[nodes[order] - n_groups[inner]]),
        component_inner=np.searchsorted(row_label[order][first_rows], np.arange(n_components + 1)),
        component_outer=np.searchsorted(outer_label[by_component], np.arange(n_components + 1)),
    )


def absorb(
    effects: FixedEffects, columns: Floats, weights: Floats, start: Floats, tolerance: float
) -> tuple[Floats, Floats]:
    """Weighted least-squares residuals of columns on the fixed effects.

    Args:
        effects: of the panel.
        columns: rows (in the order of ``effects``) by columns.
        weights: positive, one per row.
        start: outer groups by columns, coefficients to start from; zeros where nothing is known.
        tolerance: of the residual of the normal equations, relative, in the norm of the weights.

    Returns:
        Residuals, rows by columns; coefficients, outer groups by columns.
    """
    residuals, coefficients = np.empty_like(columns), start.copy()
    _absorb(
        columns,
        weights,
        effects.inner_start,
        effects.outer_ids,
        effects.component_inner,
        effects.component_outer,
        residuals,
        coefficients,
        tolerance,
    )
    return residuals, coefficients


def newton_direction(effects: FixedEffects, errors: Floats, weights: Floats, tolerance: float) -> Floats:
    """Change of the outer effects that removes ``errors`` from their margins, to first order.

    Args:
        effects: of the panel.
        errors: outcome less fitted mean per row; sums to zero in every inner group.
        weights: fitted mean per row.
        tolerance: as of :func:`absorb`.

    Returns:
        One number per outer group, in logs.
    """
    direction = np.zeros(effects.n_outer)
    _solve_margins(
        errors,
        weights,
        effects.inner_start,
        effects.outer_ids,
        effects.component_inner,
        effects.component_outer,
        direction,
        tolerance,
    )
    return direction


def fit_margins(
    effects: FixedEffects, outcome: Floats, factor: Floats, log_outer: Floats, sweeps: int
) -> Floats:
    """Iterative proportional fitting: sweeps that make the fitted sums of each group equal the observed ones.

    Args:
        effects: of the panel.
        outcome: non-negative, with a positive sum in every group.
        factor: positive, the part of the mean that is not fixed effects.
        log_outer: logs of the outer effects; changed in place.
        sweeps: number of passes over the outer effects; zero only fits the inner effect.

    Returns:
        Fitted mean per row; its sums equal the outcome's in every inner group.
    """
    fitted = np.empty_like(outcome)
    _fit_margins(
        outcome,
        factor,
        effects.inner_start,
        effects.outer_ids,
        effects.component_inner,
        effects.component_outer,
        log_outer,
        fitted,
        sweeps,
    )
    return fitted


@numba.njit(cache=True)
def _times_normal_matrix(v, w, start, p0, p1, ids, g0, buffer, out):  # type: ignore[no-untyped-def]
    """``out`` = D'W(I − inner projection)D ``v`` for one component, all columns of ``v`` at once."""
    out[:] = 0.0
    n_effects, n_columns = ids.shape[1], v.shape[1]
    mean = np.empty(n_columns)
    for p in range(p0, p1):
        a, b = start[p], start[p + 1]
        total = 0.0
        mean[:] = 0.0
        for r in range(a, b):
            for k in range(n_columns):
                buffer[r - a, k] = 0.0
            for f in range(n_effects):
                g = ids[r, f] - g0
                for k in range(n_columns):
                    buffer[r - a, k] += v[g, k]
            for k in range(n_columns):
                mean[k] += w[r] * buffer[r - a, k]
            total += w[r]
        if total > 0.0:
            for k in range(n_columns):
                mean[k] /= total
        for r in range(a, b):
            for f in range(n_effects):
                g = ids[r, f] - g0
                for k in range(n_columns):
                    out[g, k] += w[r] * (buffer[r - a, k] - mean[k])


@numba.njit(cache=True)
def _inverse_diagonal(w, start, p0, p1, ids, g0, out):  # type: ignore[no-untyped-def]
    """Reciprocal of the diagonal of the normal matrix, zero where it vanishes."""
    out[:] = 0.0
    n_effects = ids.shape[1]
    for p in range(p0, p1):
        total = 0.0
        for r in range(start[p], start[p + 1]):
            total += w[r]
        for r in range(start[p], start[p + 1]):
            d = w[r] * (1.0 - w[r] / total) if total > 0.0 else 0.0
            for f in range(n_effects):
                out[ids[r, f] - g0] += d
    for g in range(out.shape[0]):
        out[g] = 1.0 / out[g] if out[g] > 0.0 else 0.0


@numba.njit(cache=True)
def _size(residual, inverse, out):  # type: ignore[no-untyped-def]
    """Squared length of every column of ``residual`` in the preconditioner's norm."""
    out[:] = 0.0
    for g in range(residual.shape[0]):
        for k in range(residual.shape[1]):
            out[k] += residual[g, k] * residual[g, k] * inverse[g]


@numba.njit(cache=True)
def _conjugate_gradients(b, v, inverse, w, start, p0, p1, ids, g0, buffer, tolerance):  # type: ignore[no-untyped-def]
    """Solve the normal equations of one component for the columns of ``v``, from the ``v`` given."""
    n, n_columns = b.shape
    scale, size, next_size = np.empty(n_columns), np.empty(n_columns), np.empty(n_columns)
    step, curvature = np.empty(n_columns), np.empty(n_columns)
    _size(b, inverse, scale)
    for k in range(n_columns):
        if scale[k] == 0.0:
            v[:, k] = 0.0
    product = np.empty((n, n_columns))
    _times_normal_matrix(v, w, start, p0, p1, ids, g0, buffer, product)
    residual = b - product
    direction = np.empty((n, n_columns))
    for g in range(n):
        for k in range(n_columns):
            direction[g, k] = residual[g, k] * inverse[g]
    _size(residual, inverse, size)
    for _ in range(10 * n + 100):
        is_done = True
        for k in range(n_columns):
            is_done &= size[k] <= tolerance * tolerance * scale[k]
        if is_done:
            break
        _times_normal_matrix(direction, w, start, p0, p1, ids, g0, buffer, product)
        curvature[:] = 0.0
        for g in range(n):
            for k in range(n_columns):
                curvature[k] += direction[g, k] * product[g, k]
        for k in range(n_columns):
            # A column that has converged, or has only rounding left, stays as it is.
            is_open = size[k] > tolerance * tolerance * scale[k] and curvature[k] > 0.0
            step[k] = size[k] / curvature[k] if is_open else 0.0
        for g in range(n):
            for k in range(n_columns):
                v[g, k] += step[k] * direction[g, k]
                residual[g, k] -= step[k] * product[g, k]
        _size(residual, inverse, next_size)
        for k in range(n_columns):
            curvature[k] = next_size[k] / size[k] if step[k] > 0.0 else 0.0
            size[k] = next_size[k] if step[k] > 0.0 else 0.0
        for g in range(n):
            for k in range(n_columns):
                direction[g, k] = residual[g, k] * inverse[g] + curvature[k] * direction[g, k]


@numba.njit(cache=True)
def _weighted_mean(columns, w, a, b, out):  # type: ignore[no-untyped-def]
    """Mean of the rows from ``a`` to ``b`` of every column."""
    out[:] = 0.0
    total = 0.0
    for r in range(a, b):
        total += w[r]
        for k in range(columns.shape[1]):
            out[k] += w[r] * columns[r, k]
    if total > 0.0:
        for k in range(columns.shape[1]):
            out[k] /= total


@numba.njit(cache=True)
def _longest(start):  # type: ignore[no-untyped-def]
    longest = 0
    for p in range(start.shape[0] - 1):
        longest = max(longest, start[p + 1] - start[p])
    return longest


@numba.njit(cache=True, parallel=True)
def _absorb(columns, w, start, ids, component_inner, component_outer, residuals, coefficients, tolerance):  # type: ignore[no-untyped-def]
    longest = _longest(start)
    n_effects = ids.shape[1]
    for c in numba.prange(component_inner.shape[0] - 1):
        p0, p1 = component_inner[c], component_inner[c + 1]
        g0, g1 = component_outer[c], component_outer[c + 1]
        n_columns = columns.shape[1]
        buffer = np.empty((longest, n_columns))
        mean = np.empty(n_columns)
        inverse = np.empty(g1 - g0)
        _inverse_diagonal(w, start, p0, p1, ids, g0, inverse)
        b = np.zeros((g1 - g0, n_columns))
        for p in range(p0, p1):
            _weighted_mean(columns, w, start[p], start[p + 1], mean)
            for r in range(start[p], start[p + 1]):
                for f in range(n_effects):
                    g = ids[r, f] - g0
                    for k in range(n_columns):
                        b[g, k] += w[r] * (columns[r, k] - mean[k])
        v = coefficients[g0:g1].copy()
        _conjugate_gradients(b, v, inverse, w, start, p0, p1, ids, g0, buffer, tolerance)
        coefficients[g0:g1] = v
        for p in range(p0, p1):
            for r in range(start[p], start[p + 1]):
                for k in range(n_columns):
                    residuals[r, k] = columns[r, k]
                for f in range(n_effects):
                    g = ids[r, f] - g0
                    for k in range(n_columns):
                        residuals[r, k] -= v[g, k]
            _weighted_mean(residuals, w, start[p], start[p + 1], mean)
            for r in range(start[p], start[p + 1]):
                for k in range(n_columns):
                    residuals[r, k] -= mean[k]


@numba.njit(cache=True, parallel=True)
def _solve_margins(errors, w, start, ids, component_inner, component_outer, direction, tolerance):  # type: ignore[no-untyped-def]
    longest = _longest(start)
    n_effects = ids.shape[1]
    for c in numba.prange(component_inner.shape[0] - 1):
        p0, p1 = component_inner[c], component_inner[c + 1]
        g0, g1 = component_outer[c], component_outer[c + 1]
        buffer = np.empty((longest, 1))
        inverse = np.empty(g1 - g0)
        _inverse_diagonal(w, start, p0, p1, ids, g0, inverse)
        b = np.zeros((g1 - g0, 1))
        for r in range(start[p0], start[p1]):
            for f in range(n_effects):
                b[ids[r, f] - g0, 0] += errors[r]
        v = np.zeros((g1 - g0, 1))
        _conjugate_gradients(b, v, inverse, w, start, p0, p1, ids, g0, buffer, tolerance)
        direction[g0:g1] = v[:, 0]


@numba.njit(cache=True, parallel=True)
def _fit_margins(outcome, factor, start, ids, component_inner, component_outer, log_outer, fitted, sweeps):  # type: ignore[no-untyped-def]
    n_effects = ids.shape[1]
    for c in numba.prange(component_inner.shape[0] - 1):
        p0, p1 = component_inner[c], component_inner[c + 1]
        g0, g1 = component_outer[c], component_outer[c + 1]
        effect = np.exp(log_outer[g0:g1])
        observed = np.zeros(g1 - g0)
        expected = np.zeros(g1 - g0)
        for r in range(start[p0], start[p1]):
            for f in range(n_effects):
                observed[ids[r, f] - g0] += outcome[r]
        for turn in range(sweeps * n_effects + 1):
            changing = turn % n_effects if n_effects > 0 else 0
            expected[:] = 0.0
            for p in range(p0, p1):
                y_total = 0.0
                total = 0.0
                for r in range(start[p], start[p + 1]):
                    q = factor[r]
                    for f in range(n_effects):
                        q *= effect[ids[r, f] - g0]
                    fitted[r] = q
                    total += q
                    y_total += outcome[r]
                inner = y_total / total
                for r in range(start[p], start[p + 1]):
                    fitted[r] *= inner
                    if n_effects > 0:
                        expected[ids[r, changing] - g0] += fitted[r]
            if turn == sweeps * n_effects:
                break
            for g in range(g1 - g0):
                if expected[g] > 0.0:
                    effect[g] *= observed[g] / expected[g]
        log_outer[g0:g1] = np.log(effect)
