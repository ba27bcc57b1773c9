"""Bias corrections for the three-way gravity model.

PPML with exporter-period, importer-period and pair effects is consistent, but its interval is not centred:
the noise in the exporter-period and importer-period effects shifts the estimate by an amount of the order of
its standard error, and makes the clustered standard error too small. Both are known in closed form: Weidner
and Zylkin (2021), "Bias and consistency in three-way gravity models", Journal of International Economics 132,
103513 (arXiv:1909.01327), whose notation is kept here.

Per pair ij, with T-vectors over periods: λ fitted means, S = y − λ scores, Λ the sum of λ, H the negative
Hessian diag(λ) − λλ'/Λ of the pair's multinomial likelihood, G its derivative, and x̃ the regressor without
fixed effects. The bias of the estimates is W⁻¹(B + D), where W = Σ x̃'Hx̃ and B sums over exporters i

    −Tr[(Σⱼ H)⁺ Σⱼ H x̃ S'] + ½ Tr[(Σⱼ G x̃)(Σⱼ H)⁺(Σⱼ SS')(Σⱼ H)⁺]

and D the same over importers. Products are separate networks of trade here: the exporter is a state with its
product.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable
from retorsion.estimators.frames import Frame, as_polars
from retorsion.estimators.ppml import PoissonFit, fit_ppml, group_ids
from retorsion.estimators.results import Estimate

__all__ = ["ThreeWayFit", "fit_three_way"]

ESTIMATOR = "PPML with three-way fixed effects, bias-corrected"
CITATION = "Weidner and Zylkin (2021), Journal of International Economics 132, 103513"

#: Up to this many exporter-period and importer-period effects their joint covariance is inverted exactly.
_EXACT_UP_TO = 2_000
#: Pairs whose leverage is found at once, which bounds the memory to some ten megabytes.
_PAIRS_AT_ONCE = 2_000

#: Square of the share of a score not fitted by its own effects below which it counts as fitted perfectly.
_DAMPING = 1e-8

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ThreeWayFit:
    """A three-way model before and after its bias corrections.

    Attributes:
        fit: the model as estimated.
        bias: to be subtracted from the coefficients, one per term.
        covariance: corrected for the noise in the fixed effects.
        leverage: ``exact`` or ``first order``, how the noise of the fixed effects was traced to the pairs.
    """

    fit: PoissonFit
    bias: Floats
    covariance: Floats
    leverage: str

    @property
    def coefficients(self) -> Floats:
        """Bias-corrected, one per term."""
        return self.fit.coefficients - self.bias

    @property
    def corrected(self) -> PoissonFit:
        """The fit with coefficients and covariance replaced by the corrected ones."""
        return replace(self.fit, coefficients=self.coefficients, covariance=self.covariance)

    def estimates(
        self, *, level: float = 0.95, sample: str = "", caveat: str = "", few_clusters: bool = False
    ) -> tuple[Estimate, ...]:
        """The corrected effects of all terms, in their order; arguments as of the fit's ``estimate``."""
        return tuple(
            replace(e, estimator=ESTIMATOR, citation=CITATION)
            for e in self.corrected.estimates(
                level=level, sample=sample, caveat=caveat, few_clusters=few_clusters
            )
        )


def fit_three_way(
    frame: Frame,
    *,
    outcome: str,
    regressors: Sequence[str],
    exporter: str,
    importer: str,
    period: str,
    product: str | None = None,
    leverage: Literal["exact", "first order"] | None = None,
) -> ThreeWayFit:
    """Fit ``E[flow] = exp(regressors·β + exporter-period + importer-period + pair effects)`` and correct it.

    With ``product`` all effects are by product and the regressors' effects are common to the products.
    Standard errors are clustered by pair of states, over all their products.

    Args:
        frame: one row per exporter, importer, period (and product); periods may be missing.
        outcome: column of non-negative flows.
        regressors: numeric columns.
        exporter: column.
        importer: column.
        period: column.
        product: column, or none for a single network.
        leverage: how the noise of the fixed effects is traced to the pairs for the standard error.
            ``exact`` inverts the information of all exporter-period and importer-period effects. ``first
            order`` ignores how exporters' and importers' effects hang together. Without a choice it is
            exact up to 2,000 effects.

    Raises:
        NotEstimable: as :func:`retorsion.estimators.ppml.fit_ppml`; and when a pair has two rows in one period.
    """
    product_columns = [product] if product is not None else []
    frame = as_polars(frame, [outcome, *regressors, exporter, importer, period, *product_columns])
    units = [exporter, *product_columns], [importer, *product_columns]
    fit = fit_ppml(
        frame,
        outcome=outcome,
        regressors=regressors,
        fixed_effects=[[*units[0], period], [*units[1], period], [exporter, *units[1]]],
        clusters=[[exporter, importer]],
    ).complete()
    sample = frame.filter(pl.Series(fit.in_sample))
    panel = _pair_panel(
        fit,
        sample[outcome].cast(pl.Float64).to_numpy(),
        group_ids(sample, units[0]),
        group_ids(sample, units[1]),
        group_ids(sample, [period]),
        group_ids(sample, [exporter, importer]),
    )
    information = np.einsum("ptk,ptl->kl", panel.regressors * panel.fitted[:, :, None], panel.regressors)
    sides = [_side(panel, panel.exporter), _side(panel, panel.importer)]
    score = sides[0].score + sides[1].score
    n_effects = len(np.unique(fit.fixed_effect_ids[:, 0])) + len(np.unique(fit.fixed_effect_ids[:, 1]))
    how = leverage or ("exact" if n_effects <= _EXACT_UP_TO else "first order")
    return ThreeWayFit(
        fit=fit,
        bias=np.linalg.solve(information, score),
        covariance=_corrected_covariance(panel, information, sides, how),
        leverage=how,
    )


@dataclass(frozen=True, eq=False)
class _PairPanel:
    """Pairs by periods; periods in which a pair has no row hold zeros, which add nothing to any sum."""

    errors: Floats
    fitted: Floats
    regressors: Floats  # pairs, periods, terms
    exporter: Integers
    importer: Integers
    cluster: Integers


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of the market: what its effects add to the bias, and the inverse information of each unit."""

    score: Floats
    inverse: Floats  # units, periods, periods


def _pair_panel(
    fit: PoissonFit, y: Floats, exporter: Integers, importer: Integers, period: Integers, cluster: Integers
) -> _PairPanel:
    pair = fit.fixed_effect_ids[:, 2]
    cells = pair * (period.max() + 1) + period
    if len(np.unique(cells)) < len(cells):
        raise NotEstimable(
            f"{len(cells) - len(np.unique(cells))} rows repeat a pair and a period: sum them to one row each "
            "before a three-way model is fitted."
        )
    shape = (int(pair.max()) + 1, int(period.max()) + 1)
    errors, fitted = np.zeros(shape), np.zeros(shape)
    regressors = np.zeros((*shape, len(fit.terms)))
    errors[pair, period] = y - fit.fitted
    fitted[pair, period] = fit.fitted
    regressors[pair, period] = fit.residual_regressors
    first = np.unique(pair, return_index=True)[1]
    return _PairPanel(errors, fitted, regressors, exporter[first], importer[first], cluster[first])


def _side(panel: _PairPanel, unit: Integers) -> _Side:
    """Sum over the partners of every unit, then over the units."""
    n_units, n_periods, n_terms = int(unit.max()) + 1, panel.fitted.shape[1], panel.regressors.shape[2]
    score = np.zeros(n_terms)
    inverse = np.zeros((n_units, n_periods, n_periods))
    n_partners = np.bincount(unit, minlength=n_units)
    order = np.argsort(unit, kind="stable")
    ends = np.cumsum(n_partners)
    for u in range(n_units):
        pairs = order[ends[u] - n_partners[u] : ends[u]]
        lam, S = panel.fitted[pairs], panel.errors[pairs]
        total = lam.sum(axis=1, keepdims=True)
        H = np.diag(lam.sum(axis=0)) - (lam / total).T @ lam
        inverse[u] = _generalised_inverse(H, lam.sum(axis=0))
        noise = inverse[u] @ (S.T @ S) @ inverse[u]
        # With few partners the residual scores are smaller than the true ones; for all of N states trading
        # with each other this is the factor N/(N−1) of the authors' own implementation.
        degrees = (n_partners[u] + 1) / n_partners[u]
        for k in range(n_terms):
            lx = lam * panel.regressors[pairs, :, k]
            mean = lx.sum(axis=1, keepdims=True) / total
            Hx = lx - lam * mean
            cross = lx.T @ (lam / total)
            Gx = -np.diag((lx - lam * mean).sum(axis=0)) + cross + cross.T - 2 * lam.T @ (lam * mean / total)
            score[k] += degrees * (
                -np.einsum("ts,st->", inverse[u], Hx.T @ S) + 0.5 * np.einsum("ts,st->", Gx, noise)
            )
    return _Side(score, inverse)


def _generalised_inverse(H: Floats, diagonal: Floats) -> Floats:
    """Symmetric generalised inverse of a Laplacian whose weights may differ by many orders of magnitude."""
    root = np.where(diagonal > 0, 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0)), 0.0)
    return np.asarray(
        root[:, None] * np.linalg.pinv(H * np.outer(root, root), rcond=1e-10, hermitian=True) * root
    )


def _corrected_covariance(panel: _PairPanel, information: Floats, sides: Sequence[_Side], how: str) -> Floats:
    """Clustered covariance in which each pair's scores are freed of their own pull on the fixed effects."""
    bread = np.linalg.inv(information)
    joint = _joint_covariance(panel) if how == "exact" else None
    n_pairs, n_periods, n_terms = panel.regressors.shape
    freed, plain = np.empty((n_pairs, n_terms)), np.empty((n_pairs, n_terms))
    one = np.eye(n_periods)
    for pairs in _chunks(n_pairs):
        lam, x, S = panel.fitted[pairs], panel.regressors[pairs], panel.errors[pairs]
        i, j = panel.exporter[pairs], panel.importer[pairs]
        # In units of the standard deviation √λ the matrices are well scaled, and H is a projection.
        root = np.sqrt(lam)
        H = (lam > 0)[:, :, None] * one - root[:, :, None] * root[:, None, :] / lam.sum(axis=1)[:, None, None]
        both = root[:, :, None] * root[:, None, :]
        effect = H @ (both * (x @ bread @ x.transpose(0, 2, 1)))
        if joint is not None:
            blocks = _pair_blocks(joint, i, j, sides[0].inverse.shape[0], n_periods)
            remainder = one - H @ (both * blocks) - effect
        else:
            remainder = (one - H @ (both * sides[1].inverse[j])) @ (one - H @ (both * sides[0].inverse[i]))
            remainder -= effect
        errors = np.divide(S, root, out=np.zeros_like(S), where=root > 0)
        plain[pairs] = np.einsum("ptk,pt->pk", x, S)
        freed[pairs] = np.einsum("ptk,pt->pk", x, root * _solve_damped(remainder, errors))
    n_clusters = int(panel.cluster.max()) + 1
    sums = [
        np.column_stack([np.bincount(panel.cluster, column, n_clusters) for column in scores.T])
        for scores in (freed, plain)
    ]
    meat = sums[0].T @ sums[1] * (n_clusters / (n_clusters - 1))
    return np.asarray(bread @ ((meat + meat.T) / 2) @ bread)


def _solve_damped(matrices: Floats, vectors: Floats) -> Floats:
    """Solve many small systems; directions fitted perfectly, which hold nothing, are left at zero."""
    transposed = matrices.transpose(0, 2, 1)
    normal = transposed @ matrices + _DAMPING * np.eye(matrices.shape[1])
    return np.asarray(np.linalg.solve(normal, transposed @ vectors[:, :, None])[:, :, 0])


def _chunks(n: int) -> Iterator[slice]:
    for start in range(0, n, _PAIRS_AT_ONCE):
        yield slice(start, start + _PAIRS_AT_ONCE)


def _joint_covariance(panel: _PairPanel) -> Floats:
    """Inverse information of all exporter-period and importer-period effects, pair effects concentrated out.

    Returns:
        Square matrix; effect of exporter i in period t at ``i·T + t``, importers after exporters.
    """
    n_periods = panel.fitted.shape[1]
    n_exporters = int(panel.exporter.max()) + 1
    size = (n_exporters + int(panel.importer.max()) + 1) * n_periods
    periods = np.arange(n_periods)
    information = np.zeros((size, size))
    for i, j, lam in zip(panel.exporter, panel.importer + n_exporters, panel.fitted, strict=True):
        H = np.diag(lam) - np.outer(lam, lam) / lam.sum()
        where = np.concatenate([i * n_periods + periods, j * n_periods + periods])
        information[np.ix_(where, where)] += np.tile(H, (2, 2))
    return _generalised_inverse(information, np.diag(information))


def _pair_blocks(joint: Floats, i: Integers, j: Integers, n_exporters: int, n_periods: int) -> Floats:
    """Covariance of the sum of exporter's and importer's effects, periods by periods, of each pair."""
    periods = np.arange(n_periods)
    a = i[:, None] * n_periods + periods
    b = (n_exporters + j)[:, None] * n_periods + periods
    return np.asarray(
        sum(joint[rows[:, :, None], columns[:, None, :]] for rows in (a, b) for columns in (a, b))
    )
