"""What an estimate looks like: the number, how sure it is, what it was made from and whose method it is."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from html import escape
from typing import Any, cast

import numpy as np
import polars as pl
from scipy import stats

from retorsion.errors import NotEstimable

__all__ = ["Estimate", "Interval", "Result", "estimates_frame"]


def plain(value: object) -> Any:
    """``value`` as JSON would hold it: arrays as lists, dates as ISO text, not-a-number as null."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, pl.DataFrame):
        return [plain(row) for row in value.iter_rows(named=True)]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no plain JSON form")


@dataclass(frozen=True)
class Result:
    """Base of all results: a frozen record that becomes plain JSON values."""

    def to_dict(self) -> dict[str, Any]:
        """Fields as plain JSON values; infinite and undefined numbers become null."""
        return cast(dict[str, Any], plain(self))

    def to_frame(self) -> pl.DataFrame:
        """The numbers and words of the record as one row; its frames and arrays are left out."""
        return pl.DataFrame([{k: v for k, v in self.to_dict().items() if not isinstance(v, list | dict)}])

    def summary(self) -> str:
        """The numbers and words of the record, one line each."""
        row = self.to_frame().row(0, named=True)
        width = max((len(name) for name in row), default=0)
        shown = {k: f"{v:.6g}" if isinstance(v, float) else str(v) for k, v in row.items() if v is not None}
        return "\n".join([type(self).__name__, *(f"{k:<{width}}  {v}" for k, v in shown.items())])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.summary())}</pre>"


@dataclass(frozen=True)
class Interval(Result):
    """An estimate with its interval.

    Attributes:
        estimate: point estimate.
        lower: lower limit.
        upper: upper limit.
        level: confidence level, for instance 0.95.
        method: how the limits were found.
        lower_is_bound: the lower limit is the edge of what the parameter may be, so the interval says only
            how large it can be (one-sided).
        upper_is_bound: the same for the upper limit.
    """

    estimate: float
    lower: float
    upper: float
    level: float
    method: str
    lower_is_bound: bool = False
    upper_is_bound: bool = False


@dataclass(frozen=True, kw_only=True)
class Estimate(Result):
    """One estimated effect. Every estimator of :mod:`retorsion.impact` returns this record.

    Attributes:
        term: what the number is the effect of, for instance ``rta`` or ``synthetic gap``.
        estimate: point estimate, in the units the estimator's documentation states (log points for PPML).
        standard_error: null where the method has none (an accounting identity, a permutation test).
        lower: lower limit of the interval, null where there is none.
        upper: upper limit of the interval, null where there is none.
        level: confidence level that the interval holds; of ranks of few placebos less than was asked for.
        p_value: two-sided, of the hypothesis of no effect; null where the method has none.
        n_obs: rows that entered the estimate.
        estimator: name of the method.
        citation: author, year and place of the method.
        standard_error_type: for instance ``clustered by pair`` or ``placebo``; empty where there is none.
        n_clusters: number of clusters behind the standard error (the smaller one of several).
        n_separated: rows left out because a fixed effect or regressor predicts their zero perfectly.
        log_likelihood: (pseudo) log-likelihood at the estimate.
        degrees_of_freedom: of Student's t, from which interval and p-value were taken; null for the normal
            distribution.
        sample: the rows in words: who, what, from when to when.
        caveat: what a reader must know before quoting the number.
    """

    term: str
    estimate: float
    standard_error: float | None = None
    lower: float | None = None
    upper: float | None = None
    level: float = 0.95
    p_value: float | None = None
    n_obs: int
    estimator: str
    citation: str
    standard_error_type: str = ""
    n_clusters: int | None = None
    n_separated: int | None = None
    log_likelihood: float | None = None
    degrees_of_freedom: float | None = None
    sample: str = ""
    caveat: str = ""

    @property
    def interval(self) -> Interval | None:
        """The estimate with its limits; null where the method gives none."""
        if self.lower is None or self.upper is None:
            return None
        return Interval(self.estimate, self.lower, self.upper, self.level, self.standard_error_type)


#: Columns of a frame of estimates, one row each.
ESTIMATE_SCHEMA = pl.Schema(
    {
        field.name: {"str": pl.String, "float": pl.Float64, "int": pl.Int64}[str(field.type).split(" | ")[0]]
        for field in fields(Estimate)
    }
)


def estimates_frame(estimates: Iterable[Estimate]) -> pl.DataFrame:
    """Estimates as a frame in :data:`ESTIMATE_SCHEMA`, one row each, in the order given."""
    return pl.DataFrame([e.to_dict() for e in estimates], schema=ESTIMATE_SCHEMA)


def rank_limits(n: int, level: float) -> tuple[int, int, float]:
    """The ranks among placebo estimates between which one more draw like them falls with a given chance.

    A draw that is exchangeable with ``n`` others falls between the ``a``-th and the ``b``-th of them with
    the chance ``(b - a) / (n + 1)``. Few placebos cannot hold a high level: the extremes are then taken, and
    what they hold is ``(n - 1) / (n + 1)``.

    Args:
        n: number of placebo estimates, at least 2.
        level: asked for, between 0 and 1.

    Returns:
        lower rank and upper rank, counted from 1, and the level they hold.

    Raises:
        NotEstimable: fewer than two placebos.
    """
    if n < 2:
        raise NotEstimable(f"{n} placebo(s) have no range: an interval needs at least two.")
    tail = (n + 1) * (1 - level) / 2 + 1e-9  # whole numbers stay whole
    low = max(1, math.floor(tail))
    return low, n + 1 - low, (n + 1 - 2 * low) / (n + 1)


def wald_limits(
    estimate: float, standard_error: float, *, level: float = 0.95, degrees_of_freedom: float | None = None
) -> tuple[float, float, float]:
    """Lower limit, upper limit and two-sided p-value of an estimate (Wald).

    Args:
        estimate: point estimate.
        standard_error: its standard error, positive.
        level: confidence level between 0 and 1.
        degrees_of_freedom: of Student's t; null takes the normal distribution.

    Raises:
        NotEstimable: when the standard error is not a positive finite number.
    """
    if not (math.isfinite(standard_error) and standard_error > 0):
        raise NotEstimable(
            f"The standard error is {standard_error!r}, so that no interval can be given: the sample does "
            "not vary enough for the number of effects asked of it."
        )
    law = stats.norm() if degrees_of_freedom is None else stats.t(degrees_of_freedom)
    half = float(law.ppf(0.5 + level / 2)) * standard_error
    p_value = 2 * float(law.sf(abs(estimate) / standard_error))
    return estimate - half, estimate + half, p_value
