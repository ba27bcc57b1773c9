"""Poisson pseudo-maximum likelihood (PPML) with high-dimensional fixed effects.

The raw-materials panel of all pairs has a million positive flows from one dollar to a hundred billion and
half a million fixed effects; the general routine at hand (pyfixest, against which this one is tested) does
not finish on it in minutes. Here the effects of interest and the fixed effects are found by Newton's method
on the layout of :mod:`retorsion.estimators.fixed_effects`: the steps for the fixed effects may be rough, because
the score of the effects of interest, taken with regressors from which the fixed effects have been removed,
does not feel their errors to first order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.event_study import JointTest, joint_test
from retorsion.estimators.fixed_effects import arrange
from retorsion.estimators.frames import Frame, as_polars, numbers, require_complete
from retorsion.estimators.ppml_newton import newton
from retorsion.estimators.results import Estimate, estimates_frame, wald_limits
from retorsion.estimators.sandwich import clustered_covariance, effective_clusters
from retorsion.estimators.separation import is_searchable, separated_rows

__all__ = ["PoissonFit", "fit_ppml"]

ESTIMATOR = "PPML with fixed effects"
CITATION = (
    "Santos Silva and Tenreyro (2006), Review of Economics and Statistics 88(4); "
    "Correia, Guimarães and Zylkin (2020), Stata Journal 20(1)"
)
#: Most trends of single units: each is a column of its own.
_MOST_TRENDS = 500

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]
Groups = Sequence[str | Sequence[str]]

#: Why a regressor has no effect, as the end of a sentence about its name.
_REASONS = {
    "constant": "do not vary among the rows that carry information, so their effect cannot be estimated.",
    "separated": "have infinite effects: once the fixed effects are accounted for, all flows that they bear on "
    "are zero (perfect separation).",
    "collinear": "cannot be told apart from the fixed effects and the other regressors: nothing of their "
    "variation is left.",
}


@dataclass(frozen=True, eq=False)
class PoissonFit:
    """A fitted model: what an estimate, a joint test or a bias correction needs of it.

    Attributes:
        terms: regressors that have an effect, in the order given.
        coefficients: one per term, log points.
        covariance: of the coefficients, terms by terms.
        dropped: regressors without an effect, each with the reason: ``constant``, ``separated`` (they vary
            only in rows that are predicted perfectly) or ``collinear`` (the fixed effects and earlier
            regressors explain them).
        n_separated: rows left out because fixed effects, regressors or both predict their zero perfectly;
            they carry no information on the effects.
        n_singletons: rows left out because they are alone in a fixed effect and so fitted perfectly.
        n_clusters: clusters behind the covariance (the smallest number where there are several ways).
        effective_clusters: one per term; see :func:`retorsion.estimators.sandwich.effective_clusters`.
        log_likelihood: Poisson pseudo-log-likelihood.
        standard_error_type: in words.
        in_sample: per row of the frame, whether it entered the fit.
        separated: per row of the frame, whether it is separated.
        outcome: of the rows in the sample, in the order of the frame.
        fitted: fitted mean of the rows in the sample.
        residual_regressors: rows in the sample by terms; regressors after the fixed effects have been removed
            from them with the fitted means as weights.
        fixed_effect_ids: rows in the sample by fixed effects, group numbers.
        notes: what was left out or repaired, one sentence each.
    """

    terms: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    n_separated: int
    n_singletons: int
    n_clusters: int | None
    effective_clusters: Floats
    log_likelihood: float
    standard_error_type: str
    in_sample: Booleans
    fitted: Floats
    residual_regressors: Floats
    fixed_effect_ids: Integers
    outcome: Floats
    separated: Booleans
    dropped: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def n_obs(self) -> int:
        """Rows that entered the fit."""
        return len(self.fitted)

    @property
    def standard_errors(self) -> Floats:
        """One per term."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    def residuals(self, kind: Literal["response", "pearson", "deviance"] = "response") -> Floats:
        """Outcome against fitted mean of the rows in the sample, in the order of the frame.

        Args:
            kind: ``response`` (outcome less mean), ``pearson`` (over the root of the mean) or ``deviance``
                (signed root of each row's part of the deviance).
        """
        errors = self.outcome - self.fitted
        if kind == "response":
            return errors
        if kind == "pearson":
            return np.asarray(errors / np.sqrt(self.fitted))
        parts = special.xlogy(self.outcome, self.outcome / self.fitted) - errors
        return np.asarray(np.sign(errors) * np.sqrt(2 * np.maximum(parts, 0.0)))

    def predict(self, changes: Mapping[str, float | Sequence[float] | Floats] | None = None) -> Floats:
        """Means of the rows in the sample if regressors were moved, the fixed effects held.

        Args:
            changes: for each term by how much it moves, one number or one for each row in the sample; none
                gives the fitted means.

        Returns:
            One mean for each row in the sample. It is a partial effect: in general equilibrium the fixed
            effects move too.

        Raises:
            ParameterError: a name is no term.
        """
        moved = np.zeros(self.n_obs)
        for term, change in (changes or {}).items():
            moved = moved + self.coefficients[self._position(term)] * np.asarray(change, dtype=np.float64)
        return np.asarray(self.fitted * np.exp(moved))

    def estimate(
        self,
        term: str,
        *,
        level: float = 0.95,
        sample: str = "",
        caveat: str = "",
        few_clusters: bool = False,
    ) -> Estimate:
        """The effect of one term.

        Args:
            term: one of the terms.
            level: of the interval.
            sample: the rows in words.
            caveat: what a reader must know.
            few_clusters: take interval and p-value from Student's t with one degree of freedom less than
                there are effective clusters, instead of from the normal distribution as ``ppmlhdfe`` does.
                Where one state is treated, a handful of large flows often carries the estimate, and normal
                intervals are much too short.

        Raises:
            NotEstimable: the regressor was dropped, or has no standard error.
            ParameterError: the name is no term.
        """
        position = self._position(term)
        value, error = float(self.coefficients[position]), float(self.standard_errors[position])
        degrees = max(float(self.effective_clusters[position]) - 1, 1.0) if few_clusters else None
        lower, upper, p_value = wald_limits(value, error, level=level, degrees_of_freedom=degrees)
        return Estimate(
            term=term,
            estimate=value,
            standard_error=error,
            lower=lower,
            upper=upper,
            level=level,
            p_value=p_value,
            n_obs=self.n_obs,
            estimator=ESTIMATOR,
            citation=CITATION,
            standard_error_type=self.standard_error_type,
            n_clusters=self.n_clusters,
            n_separated=self.n_separated,
            log_likelihood=self.log_likelihood,
            degrees_of_freedom=degrees,
            sample=sample,
            caveat=caveat,
        )

    def estimates(
        self, *, level: float = 0.95, sample: str = "", caveat: str = "", few_clusters: bool = False
    ) -> tuple[Estimate, ...]:
        """The effects of all terms, in their order; arguments as of :meth:`estimate`."""
        return tuple(
            self.estimate(term, level=level, sample=sample, caveat=caveat, few_clusters=few_clusters)
            for term in self.terms
        )

    def to_frame(self, *, level: float = 0.95) -> pl.DataFrame:
        """The effects as rows: see :func:`retorsion.estimators.results.estimates_frame`."""
        return estimates_frame(self.estimates(level=level))

    def summary(self, *, level: float = 0.95) -> str:
        """A table of the effects in plain text, and what was left out."""
        lines = [
            f"{ESTIMATOR}; standard errors {self.standard_error_type}",
            f"{self.n_obs} rows, log pseudo-likelihood {self.log_likelihood:.4f}",
            f"{'':<24}{'estimate':>12}{'std. error':>12}{'p':>8}   {level:.0%} interval",
        ]
        lines += [
            f"{e.term:<24}{e.estimate:>12.6f}{e.standard_error:>12.6f}{e.p_value:>8.3f}   "
            f"{e.lower:.6f} to {e.upper:.6f}"
            for e in self.estimates(level=level)
        ]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.summary())}</pre>"

    def combined(
        self, weights: Sequence[float], term: str, *, level: float = 0.95, sample: str = "", caveat: str = ""
    ) -> Estimate:
        """A weighted sum of the effects, for instance the total of one that is phased in.

        Args:
            weights: one per term.
            term: name of the sum.
            level: of the interval.
            sample: the rows in words.
            caveat: what a reader must know.
        """
        w = np.asarray(weights, dtype=np.float64)
        total = replace(
            self,
            terms=(term,),
            coefficients=np.array([w @ self.coefficients]),
            covariance=np.array([[w @ self.covariance @ w]]),
            effective_clusters=np.array([self.effective_clusters[w != 0].min(initial=np.inf)]),
        )
        return total.estimate(term, level=level, sample=sample, caveat=caveat)

    def joint_test(self, terms: Sequence[str]) -> JointTest:
        """Wald test that several effects are all zero, for instance all leads of an event study.

        Raises:
            NotEstimable: when the covariance of the effects has no inverse, as with fewer clusters than
                effects.
        """
        where = [self._position(term) for term in terms]
        return joint_test(self.coefficients[where], self.covariance[np.ix_(where, where)])

    def complete(self) -> PoissonFit:
        """The fit itself if every regressor has an effect.

        Raises:
            NotEstimable: some were dropped; the message says which and why.
        """
        if self.dropped:
            raise NotEstimable(" ".join(_why_dropped([n], reason) for n, reason in self.dropped.items()))
        return self

    def _position(self, term: str) -> int:
        if term in self.terms:
            return self.terms.index(term)
        if term in self.dropped:
            raise NotEstimable(_why_dropped([term], self.dropped[term]))
        raise ParameterError(f"{term!r} is no term of the fit; those are {list(self.terms)}")


def fit_ppml(
    frame: Frame,
    *,
    outcome: str,
    regressors: Sequence[str],
    fixed_effects: Groups = (),
    clusters: Groups = (),
    weights: str | None = None,
    offset: str | None = None,
    unit_trends: tuple[str, str] | None = None,
    small_sample: bool = True,
) -> PoissonFit:
    """Fit ``E[outcome] = exp(regressors·β + fixed effects + offset)``.

    Standard errors follow Stata's ``ppmlhdfe``: the small-sample factor G/(G−1) of the number of clusters
    and none for the number of parameters; intervals are normal. With two or three cluster dimensions the
    covariance is that of Cameron, Gelbach and Miller (2011, Journal of Business & Economic Statistics
    29(2)). Larch, Wanner, Yotov and Zylkin use it for gravity models (2019, Oxford Bulletin of Economics
    and Statistics 81(3)).

    Two kinds of rows are left out first, until none is left (Correia, Guimarães and Zylkin 2019,
    arXiv:1903.01633): rows alone in a fixed effect, and rows whose zero is predicted perfectly. Fixed effects,
    regressors or both together may predict it. A regressor that has no variation of its own among the rest is
    dropped, of several the later one. The fit names what was left out and dropped.

    Args:
        frame: one row per observation; of polars, pandas, pyarrow or whatever Narwhals takes.
        outcome: column with non-negative values, any unit.
        regressors: numeric columns.
        fixed_effects: each a column, or a list of columns whose combinations are the groups; empty fits a
            constant.
        clusters: one to three columns or lists of columns whose combinations are the clusters; empty gives
            heteroskedasticity-robust standard errors.
        weights: column with positive sampling weights.
        offset: column added to the linear predictor with the coefficient one, for instance the log of exposure.
        unit_trends: column with the unit and numeric column with time: every unit has its own linear trend.
        small_sample: whether to multiply the covariance by G/(G−1), or n/(n−1) without clusters.

    Raises:
        NotEstimable: when no number can be given: no rows, missing or negative values, all-zero outcomes,
            everything separated, no regressor with variation within the fixed effects, fewer than two
            clusters.
        ParameterError: when a column does not exist or is not numeric, or more than three cluster dimensions
            are asked for.
    """
    groups, cluster_columns = [_listed(g) for g in fixed_effects], [_listed(c) for c in clusters]
    table = _table(frame, outcome, regressors, groups, cluster_columns, weights, offset, unit_trends)
    y = numbers(table, outcome).to_numpy()
    X = np.column_stack([numbers(table, name).to_numpy() for name in regressors])
    _check_values(y, outcome, X, regressors)
    X = np.column_stack([X, _trends(table, unit_trends)])
    weight = _weights(table, weights)
    base = weight * _exposure(table, offset)
    ids = np.column_stack([group_ids(table, group) for group in groups or [[]]])
    is_searched = is_searchable(ids) or bool((y > 0).all())
    kept, separated = _informative(y, X, ids)
    n_separated, n_singletons = int(separated.sum()), int((~kept & ~separated).sum())
    if not kept.any():
        raise NotEstimable(
            f"Of {len(y)} rows, {n_separated} are predicted perfectly as zero by a fixed effect and "
            f"{n_singletons} are alone in one: nothing is left to compare."
        )
    varied = np.ptp(X, axis=0) > 0
    y, X, weight, base = y[kept], X[kept], weight[kept], base[kept]
    ids = np.column_stack([_dense(column) for column in ids[kept].T])
    cluster_ids = [_dense(group_ids(table, group)[kept]) for group in cluster_columns]
    _check_clusters(cluster_ids, cluster_columns)

    effects = arrange(ids)
    order, back = effects.order, np.argsort(effects.order)
    scaled, spread = _scaled(X)
    outcomes = (weight * y)[order]
    place, beta, fitted, residuals = newton(effects, outcomes, scaled[order], spread > 0, base[order])
    n_terms = int((place < len(regressors)).sum())
    dropped = _dropped(regressors, place, varied, spread > 0)
    if not n_terms:
        raise NotEstimable(" ".join(_why_dropped([n], reason) for n, reason in dropped.items()))
    fitted, residuals = fitted[back], residuals[back] * spread[place]
    covariance, is_repaired = clustered_covariance(
        residuals, fitted, weight * y - fitted, cluster_ids, small_sample=small_sample
    )
    parts = special.xlogy(weight * y, fitted / weight) - fitted - weight * special.gammaln(y + 1)
    return PoissonFit(
        terms=tuple(regressors[column] for column in place[:n_terms]),
        coefficients=(beta / spread[place])[:n_terms],
        covariance=covariance[:n_terms, :n_terms],
        n_separated=n_separated,
        n_singletons=n_singletons,
        n_clusters=min((int(codes.max()) + 1 for codes in cluster_ids), default=None),
        effective_clusters=effective_clusters(residuals, fitted, cluster_ids)[:n_terms],
        log_likelihood=float(parts[order].sum()),
        standard_error_type=(
            "clustered by " + " and by ".join("-".join(group) for group in cluster_columns)
            if cluster_columns
            else "heteroskedasticity-robust"
        ),
        in_sample=kept,
        separated=separated,
        outcome=y,
        fitted=fitted / weight,
        residual_regressors=residuals[:, :n_terms],
        fixed_effect_ids=ids,
        dropped=dropped,
        notes=_notes(n_separated, n_singletons, dropped, is_repaired=is_repaired, is_searched=is_searched),
    )


def _listed(columns: str | Sequence[str]) -> list[str]:
    return [columns] if isinstance(columns, str) else list(columns)


def _table(
    frame: Frame,
    outcome: str,
    regressors: Sequence[str],
    groups: Sequence[Sequence[str]],
    clusters: Sequence[Sequence[str]],
    weights: str | None,
    offset: str | None,
    unit_trends: tuple[str, str] | None,
) -> pl.DataFrame:
    """The columns that the fit needs, each complete."""
    if not regressors:
        raise ParameterError("The list of regressors is empty: name the columns whose effect is asked for.")
    if len(set(regressors)) < len(regressors):
        raise ParameterError(f"A regressor is named twice: {list(regressors)}.")
    if len(clusters) > 3:
        raise ParameterError(f"{len(clusters)} cluster dimensions were asked for; one to three are possible.")
    optional = [column for column in (weights, offset, *(unit_trends or ())) if column is not None]
    wanted = [outcome, *regressors, *(c for group in [*groups, *clusters] for c in group), *optional]
    table = as_polars(frame, wanted)
    if table.is_empty():
        raise NotEstimable("The frame has no rows, so nothing can be estimated.")
    require_complete(table, wanted)
    return table


def _weights(table: pl.DataFrame, weights: str | None) -> Floats:
    if weights is None:
        return np.ones(len(table))
    values = numbers(table, weights).to_numpy()
    if not (np.isfinite(values) & (values > 0)).all():
        raise NotEstimable(f"Weights {weights!r} are not all positive and finite.")
    return np.asarray(values / values.mean())


def _exposure(table: pl.DataFrame, offset: str | None) -> Floats:
    if offset is None:
        return np.ones(len(table))
    values = numbers(table, offset).to_numpy()
    if not np.isfinite(values).all():
        raise NotEstimable(f"Offset {offset!r} is not finite in some rows.")
    return np.asarray(np.exp(values))


def _trends(table: pl.DataFrame, unit_trends: tuple[str, str] | None) -> Floats:
    """A column with time for each unit, zero in the rows of others."""
    if unit_trends is None:
        return np.zeros((len(table), 0))
    unit, time = unit_trends
    codes, values = group_ids(table, [unit]), numbers(table, time).to_numpy()
    n_units = int(codes.max()) + 1
    if n_units > _MOST_TRENDS:
        raise ParameterError(
            f"unit_trends: {unit!r} has {n_units} units, and a trend is a column for each; at most {_MOST_TRENDS} "
            "are possible. Take a coarser unit"
        )
    columns = np.zeros((len(table), n_units))
    columns[np.arange(len(table)), codes] = values - values.mean()
    return columns


def _informative(y: Floats, X: Floats, ids: Integers) -> tuple[Booleans, Booleans]:
    """Rows that carry information, and rows that are separated; rows in neither are alone in a group."""
    kept, separated = np.ones(len(y), dtype=bool), np.zeros(len(y), dtype=bool)
    has_effects = bool(ids.max() > 0)
    while True:
        if has_effects:
            within, apart, _ = informative_rows(y[kept], ids[kept])
            separated[np.flatnonzero(kept)[apart]] = True
            kept[np.flatnonzero(kept)[~within]] = False
        if not kept.any():
            return kept, separated
        codes = np.column_stack([_dense(column) for column in ids[kept].T])
        jointly = separated_rows(y[kept], _scaled(X[kept])[0], codes)
        if not jointly.any():
            return kept, separated
        at = np.flatnonzero(kept)[jointly]
        kept[at], separated[at] = False, True


def _scaled(X: Floats) -> tuple[Floats, Floats]:
    """Regressors over their range, centred where they are far from zero; and the ranges."""
    spread = np.ptp(X, axis=0)
    centre = np.where(np.abs(X).max(axis=0) > 2 * spread, X.mean(axis=0), 0.0)
    return (X - centre) / np.where(spread > 0, spread, 1.0), spread


def _dropped(
    regressors: Sequence[str], place: Integers, varied: Booleans, varies: Booleans
) -> dict[str, str]:
    """Regressors that have no effect, with the reason."""
    reasons = {}
    for i, name in enumerate(regressors):
        if i not in place:
            reasons[name] = "collinear" if varies[i] else "separated" if varied[i] else "constant"
    return reasons


def _why_dropped(names: Sequence[str], reason: str) -> str:
    return f"Regressors {list(names)} {_REASONS[reason]}"


def _notes(
    n_separated: int, n_singletons: int, dropped: Mapping[str, str], *, is_repaired: bool, is_searched: bool
) -> tuple[str, ...]:
    notes = []
    if not is_searched:
        notes.append(
            "Rows that several effects separate only jointly were not looked for: the panel has too many groups."
        )
    if n_separated:
        notes.append(f"Left out, because their zero is predicted perfectly: {n_separated} row(s).")
    if n_singletons:
        notes.append(f"Left out, because they are alone in a fixed effect: {n_singletons} row(s).")
    by_reason = {reason: [name for name, why in dropped.items() if why == reason] for reason in _REASONS}
    notes += [_why_dropped(names, reason) for reason, names in by_reason.items() if names]
    if is_repaired:
        notes.append(
            "The clustered covariance had negative variances; its negative eigenvalues are set to zero "
            "(Cameron, Gelbach and Miller 2011)."
        )
    return tuple(notes)


def group_ids(frame: pl.DataFrame, columns: Sequence[str]) -> Integers:
    """Number of the combination of values in ``columns`` that each row belongs to.

    Returns:
        Whole numbers from 0 without gaps, in the sorted order of the combinations; all zero for no columns.
    """
    combined = np.zeros(len(frame), dtype=np.int64)
    for column in columns:
        code = _codes(frame[column])
        combined = _dense(combined * (int(code.max(initial=0)) + 1) + code)
    return combined


def _codes(column: pl.Series) -> Integers:
    """Whole numbers from 0 in the order of the values; words are sorted, not the rows that they stand in."""
    if column.dtype == pl.String:
        return column.cast(pl.Enum(column.unique().sort())).to_physical().cast(pl.Int64).to_numpy()
    return column.rank("dense").cast(pl.Int64).to_numpy() - 1


def _dense(codes: Integers) -> Integers:
    """Codes from 0 without gaps, in the same order; counted where they are not far apart, else sorted."""
    size = int(codes.max(initial=-1)) + 1
    if size > 8 * len(codes):
        return (pl.Series(codes).rank("dense").cast(pl.Int64) - 1).to_numpy()
    is_there = np.zeros(size, dtype=np.bool_)
    is_there[codes] = True
    return np.asarray((np.cumsum(is_there) - 1)[codes])


def informative_rows(y: Floats, ids: Integers) -> tuple[Booleans, Booleans, Booleans]:
    """Rows that can say something about the effects, given the fixed effects alone.

    Args:
        y: non-negative outcomes.
        ids: rows by fixed effects, group numbers from 0.

    Returns:
        Per row, whether it is kept, whether it is separated (in a group whose outcomes are all zero), and
        whether it is alone in a group. Removal is repeated until nothing more is to be removed.
    """
    kept = np.ones(len(y), dtype=bool)
    separated, alone = np.zeros(len(y), dtype=bool), np.zeros(len(y), dtype=bool)
    n_groups = ids.max(axis=0, initial=0) + 1
    while True:
        before = int(kept.sum())
        for column, size in enumerate(n_groups):
            group = ids[:, column]
            total = np.bincount(group[kept], weights=y[kept], minlength=size)
            separated |= kept & (total[group] == 0)
            kept &= ~separated
            alone |= kept & (np.bincount(group[kept], minlength=size)[group] == 1)
            kept &= ~alone
        if int(kept.sum()) == before:
            return kept, separated, alone


def _check_values(y: Floats, outcome: str, X: Floats, regressors: Sequence[str]) -> None:
    improper = int((~(y >= 0) | np.isinf(y)).sum())
    if improper:
        raise NotEstimable(
            f"{improper} values of {outcome!r} are negative or not finite; a Poisson model takes flows, not "
            "changes of flows."
        )
    if not (y > 0).any():
        raise NotEstimable(f"All {len(y)} values of {outcome!r} are zero: no effect on them can be seen.")
    broken = [name for i, name in enumerate(regressors) if not np.isfinite(X[:, i]).all()]
    if broken:
        raise NotEstimable(f"Regressors {broken} have values that are not finite.")


def _check_clusters(ids: Sequence[Integers], clusters: Sequence[Sequence[str]]) -> None:
    for codes, columns in zip(ids, clusters, strict=True):
        if codes.max() == 0:
            raise NotEstimable(
                f"All rows fall in one cluster by {'-'.join(columns)}; a clustered standard error needs two "
                "at the very least, and dozens to be believed."
            )
