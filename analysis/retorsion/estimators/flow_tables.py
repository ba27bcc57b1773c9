"""One effect in a full table of flows: PPML fast enough to be fitted a thousand times.

Tests by randomisation and by placebo fit the same model to the same flows again and again, with the treatment
elsewhere. Where every cell of units by periods, or of areas by goods by periods, is known, the fixed effects are
fitted by proportional fitting on the array and the effect by Newton's method. The estimates are those of
:func:`retorsion.estimators.ppml.fit_ppml`, which takes any panel and gives errors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats

__all__ = ["effect_in_table", "fitted_table"]

Floats = NDArray[np.float64]
#: Axes that a fixed effect keeps, such as (0,) for units or (0, 2) for areas by periods.
Margins = Sequence[tuple[int, ...]]

TWO_WAY: Margins = ((0,), (1,))

_TOLERANCE = 1e-7
_MAX_STEPS, _MAX_SWEEPS = 400, 5_000
#: Passes of proportional fitting, and of taking means out, in one step; the next step goes on where they end.
_SWEEPS = 1
#: Longest step and farthest effect, in log points.
_LONGEST, _FARTHEST = 2.0, 25.0


def effect_in_table(
    flows: Floats, treatment: Floats, *, margins: Margins = TWO_WAY, exposure: Floats | None = None
) -> float:
    """Effect of a treatment on flows, given a fixed effect for each cell of some margins.

    Args:
        flows: array of two or more axes, 0 or more, in any unit of value.
        treatment: of the same shape, for instance the share of the period under a measure.
        margins: for each fixed effect the axes that it keeps.
        exposure: of the same shape, positive where there are flows: the part of the mean that is known, or a first
            fit of the same fixed effects from which to start; ones if absent.

    Returns:
        The effect in log points (Poisson pseudo-maximum likelihood).

    Raises:
        NotEstimable: nothing of the treatment is left beside the fixed effects, or the effect is not finite.
        ParameterError: the shapes differ, or a cell is no number, or a flow below 0.
    """
    flows, treatment = floats(flows, "flows", least=0), floats(treatment, "treatment")
    z, sums, without = treatment, _sums(flows, margins), _without(flows, margins)
    if flows.shape != z.shape or (exposure is not None and exposure.shape != flows.shape):
        raise ParameterError(f"flows {flows.shape}, treatment {z.shape}: give arrays of one shape")
    fitted = (np.ones_like(flows) if exposure is None else exposure) * ~without
    around = [np.zeros_like(total) for total in sums]
    beta = 0.0
    for step in range(_MAX_STEPS):
        for _ in range(_SWEEPS):
            fitted = _fit_once(fitted, sums, margins)
        residual = z.copy()
        for means in around:
            residual -= means
        for _ in range(_SWEEPS):
            for i, margin in enumerate(margins):
                mean = _ratio(_sum(fitted * residual, margin), _sum(fitted, margin))
                around[i] = around[i] + mean
                residual -= mean
        information = float((fitted * residual**2).sum())
        if step == 0 and information <= 1e-10 * max(float((fitted * z**2).sum()), 1e-300):
            raise NotEstimable("Nothing of the treatment is left beside the fixed effects.")
        score = float((residual * (flows - fitted)).sum())
        change = score / information if information > 0 else math.inf
        change = math.copysign(min(abs(change), _LONGEST), change)
        beta += change
        if abs(beta) > _FARTHEST:
            raise NotEstimable(
                "The effect has no finite value: all flows under the treatment are next to zero."
            )
        misfit = max(float(np.abs(_sum(fitted, m) - s).sum()) for m, s in zip(margins, sums, strict=True))
        if abs(change) < _TOLERANCE and misfit < 1e-6 * float(flows.sum()):
            return beta
        fitted = fitted * np.exp(change * (z - sum(around)))
    raise NotEstimable(f"The fit did not settle in {_MAX_STEPS} steps.")


def fitted_table(flows: Floats, *, margins: Margins) -> Floats:
    """Flows that fixed effects alone predict, whose sums over each margin are the observed ones.

    Args:
        flows: array, 0 or more.
        margins: see :func:`effect_in_table`.

    Raises:
        NotEstimable: proportional fitting does not settle.
        ParameterError: a flow is no number of 0 or more.
    """
    flows = floats(flows, "flows", least=0)
    sums = _sums(flows, margins)
    fitted = np.ones_like(flows) * ~_without(flows, margins)
    for _ in range(_MAX_SWEEPS):
        fitted = _fit_once(fitted, sums, margins)
        misfit = max(float(np.abs(_sum(fitted, m) - s).sum()) for m, s in zip(margins, sums, strict=True))
        if misfit < 1e-7 * float(flows.sum()):
            return fitted
    raise NotEstimable(f"The fixed effects did not settle in {_MAX_SWEEPS} passes.")


def _sum(values: Floats, margin: tuple[int, ...]) -> Floats:
    gone = tuple(axis for axis in range(values.ndim) if axis not in margin)
    return np.asarray(values.sum(axis=gone, keepdims=True))


def _sums(flows: Floats, margins: Margins) -> list[Floats]:
    return [_sum(flows, margin) for margin in margins]


def _without(flows: Floats, margins: Margins) -> NDArray[np.bool_]:
    """Cells that lie in a group without any flow, whose zero is predicted perfectly."""
    empty = np.zeros(flows.shape, dtype=bool)
    for total in _sums(flows, margins):
        empty |= total == 0
    return empty


def _ratio(over: Floats, under: Floats) -> Floats:
    return np.divide(over, under, out=np.zeros_like(over), where=under > 0)


def _fit_once(fitted: Floats, sums: Sequence[Floats], margins: Margins) -> Floats:
    for margin, total in zip(margins, sums, strict=True):
        fitted = fitted * _ratio(total, _sum(fitted, margin))
    return fitted
