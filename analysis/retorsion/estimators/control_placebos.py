"""Placebos of synthetic controls in space and in time, and the estimate without each donor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from retorsion.errors import NotEstimable
from retorsion.estimators.synthetic_control import ControlPanel, Estimator

__all__ = ["PlacebosInSpace", "leave_one_out", "placebos_in_space", "placebos_in_time"]


@dataclass(frozen=True, eq=False, kw_only=True)
class PlacebosInSpace:
    """Every donor treated as if it had been the treated unit.

    Attributes:
        units: unit, is_treated, estimate, rmspe_before, rmspe_after, rmspe_ratio, is_kept; largest ratio
            first.
        gaps: unit, period, gap.
        p_value: share of the units kept, the treated one among them, whose ratio is at least the treated
            unit's; its smallest possible value is one over their number.
        p_value_of_estimate: the same for the absolute estimate.
        n_kept: units kept.
    """

    units: pl.DataFrame
    gaps: pl.DataFrame
    p_value: float
    p_value_of_estimate: float
    n_kept: int


def placebos_in_space(
    panel: ControlPanel, estimator: Estimator, *, worst_fit: float | None = None
) -> PlacebosInSpace:
    """Permutation test over units (Abadie, Diamond and Hainmueller 2010, section 3.4).

    Args:
        panel: of :func:`retorsion.estimators.synthetic_control.control_panel`.
        estimator: of :mod:`retorsion.estimators.synthetic_control`, other arguments bound.
        worst_fit: leave out placebos whose RMSPE before the change is more than this many times the treated
            unit's; none are left out by default, since the ratio already accounts for bad fits.
    """
    fits = {
        unit: estimator(panel if unit == panel.treated else panel.with_treated(unit)) for unit in panel.units
    }
    treated = fits[panel.treated]
    limit = np.inf if worst_fit is None else worst_fit * treated.rmspe_before
    units = pl.DataFrame(
        [
            {
                "unit": unit,
                "is_treated": unit == panel.treated,
                "estimate": fit.estimate.estimate,
                "rmspe_before": fit.rmspe_before,
                "rmspe_after": fit.rmspe_after,
                "rmspe_ratio": fit.rmspe_ratio,
                "is_kept": unit == panel.treated or fit.rmspe_before <= limit,
            }
            for unit, fit in fits.items()
        ]
    )
    kept = [fits[unit] for unit in units.filter("is_kept")["unit"]]
    return PlacebosInSpace(
        units=units.sort(["rmspe_ratio", "unit"], descending=[True, False]),
        gaps=pl.concat(
            fit.path.select(pl.lit(unit).alias("unit"), "period", "gap") for unit, fit in fits.items()
        ),
        p_value=float(np.mean([fit.rmspe_ratio >= treated.rmspe_ratio for fit in kept])),
        p_value_of_estimate=float(
            np.mean([abs(fit.estimate.estimate) >= abs(treated.estimate.estimate) for fit in kept])
        ),
        n_kept=len(kept),
    )


def placebos_in_time(panel: ControlPanel, estimator: Estimator, periods: Sequence[int]) -> pl.DataFrame:
    """The change moved to periods when nothing had happened yet; data from the true change on are not used.

    Args:
        panel: of :func:`retorsion.estimators.synthetic_control.control_panel`.
        estimator: of :mod:`retorsion.estimators.synthetic_control`, other arguments bound.
        periods: placebo changes, before the true one.

    Returns:
        period, estimate, rmspe_before, rmspe_after, rmspe_ratio, not_estimable (the reason, or null); in the
        order given.
    """
    rows: list[dict[str, object]] = []
    for period in periods:
        try:
            fit = estimator(panel.with_change_at(period))
        except NotEstimable as reason:
            rows.append({"period": period, "not_estimable": str(reason)})
            continue
        rows.append(
            {
                "period": period,
                "estimate": fit.estimate.estimate,
                "rmspe_before": fit.rmspe_before,
                "rmspe_after": fit.rmspe_after,
                "rmspe_ratio": fit.rmspe_ratio,
            }
        )
    schema = {
        "period": pl.Int64,
        "estimate": pl.Float64,
        "rmspe_before": pl.Float64,
        "rmspe_after": pl.Float64,
        "rmspe_ratio": pl.Float64,
        "not_estimable": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def leave_one_out(panel: ControlPanel, estimator: Estimator) -> pl.DataFrame:
    """The estimate without each of the donors that carry weight, one at a time.

    Args:
        panel: of :func:`retorsion.estimators.synthetic_control.control_panel`.
        estimator: of :mod:`retorsion.estimators.synthetic_control`, other arguments bound.

    Returns:
        left_out (empty in the first row, which leaves out nobody), weight (of the donor in that row),
        estimate, rmspe_before; by falling weight.
    """
    full = estimator(panel)
    rows = [("", None, full.estimate.estimate, full.rmspe_before)]
    for unit, weight in full.weights.select("unit", "weight").iter_rows():
        fit = estimator(panel.without(unit))
        rows.append((unit, weight, fit.estimate.estimate, fit.rmspe_before))
    schema = {
        "left_out": pl.String,
        "weight": pl.Float64,
        "estimate": pl.Float64,
        "rmspe_before": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")
