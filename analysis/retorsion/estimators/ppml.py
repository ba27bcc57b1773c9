"""Poisson pseudo-maximum likelihood (PPML) with high-dimensional fixed effects.

The raw-materials panel of all pairs has a million positive flows from one dollar to a hundred billion and
half a million fixed effects; the general routine at hand (pyfixest, against which this one is tested) does
not finish on it in minutes. Here the effects of interest and the fixed effects are found by Newton's method
on the layout of :mod:`retorsion.estimators.fixed_effects`: the steps for the fixed effects may be rough, because
the score of the effects of interest, taken with regressors from which the fixed effects have been removed,
does not feel their errors to first order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.event_study import JointTest, joint_test
from retorsion.estimators.fixed_effects import FixedEffects, absorb, arrange, fit_margins, newton_direction
from retorsion.estimators.results import Estimate, wald_limits

__all__ = ["PoissonFit", "fit_ppml"]

ESTIMATOR = "PPML with fixed effects"
CITATION = (
    "Santos Silva and Tenreyro (2006), Review of Economics and Statistics 88(4); "
    "Correia, Guimarães and Zylkin (2020), Stata Journal 20(1)"
)

#: Largest last change of an effect, in log points over the range of its regressor.
_EFFECT_TOLERANCE = 1e-8
#: Largest sum of absolute differences between observed and fitted margins, as a share of all flows.
_MARGIN_TOLERANCE = 1e-8
_MAX_ITERATIONS = 200
#: An effect over the range of its regressor beyond this many log points that still moves by half a log point
#: a step is on its way to infinity (where an effect is infinite, Newton's method moves by one each step).
_FAR = 15.0
#: Longest step of an effect over the range of its regressor, in log points.
_LONGEST_STEP = 5.0
#: Share of a regressor's variation left by fixed effects and other regressors, below which it has none.
_COLLINEAR = 1e-10

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PoissonFit:
    """A fitted model: what an estimate, a joint test or a bias correction needs of it.

    Attributes:
        terms: regressors, in the order given.
        coefficients: one per term, log points.
        covariance: of the coefficients, terms by terms.
        n_separated: rows left out because all flows of one of their fixed effects are zero, which the model
            predicts perfectly; they carry no information on the effects.
        n_singletons: rows left out because they are alone in a fixed effect and so fitted perfectly.
        n_clusters: clusters behind the covariance (the smaller number where there are two ways).
        effective_clusters: one per term; see :func:`effective_clusters`.
        log_likelihood: Poisson pseudo-log-likelihood.
        standard_error_type: in words.
        in_sample: per row of the frame, whether it entered the fit.
        fitted: fitted mean of the rows in the sample, in the order of the frame.
        residual_regressors: rows in the sample by terms; regressors after the fixed effects have been removed
            from them with the fitted means as weights.
        fixed_effect_ids: rows in the sample by fixed effects, group numbers.
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

    @property
    def n_obs(self) -> int:
        """Rows that entered the fit."""
        return len(self.fitted)

    @property
    def standard_errors(self) -> Floats:
        """One per term."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

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
        """
        position = self.terms.index(term)
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
        where = [self.terms.index(term) for term in terms]
        return joint_test(self.coefficients[where], self.covariance[np.ix_(where, where)])


def fit_ppml(
    frame: pl.DataFrame,
    *,
    outcome: str,
    regressors: Sequence[str],
    fixed_effects: Sequence[Sequence[str]] = (),
    clusters: Sequence[Sequence[str]] = (),
) -> PoissonFit:
    """Fit ``E[outcome] = exp(regressors·β + fixed effects)``.

    Standard errors follow Stata's ``ppmlhdfe``: the small-sample factor G/(G−1) of the number of clusters
    and none for the number of parameters; intervals are normal. With two cluster dimensions the covariance
    is that of Cameron, Gelbach and Miller (2011, Journal of Business & Economic Statistics 29(2)).

    Rows that a fixed effect separates (all its flows are zero) or that are alone in one are left out first,
    again and again until none is left (Correia, Guimarães and Zylkin 2019, arXiv:1903.01633). Where
    regressors take part in the separation, their effect is infinite, and no number is given.

    Args:
        frame: one row per observation.
        outcome: column with non-negative values, any unit.
        regressors: numeric columns.
        fixed_effects: each a list of columns whose combinations are the groups; empty fits a constant.
        clusters: one or two lists of columns whose combinations are the clusters; empty gives
            heteroskedasticity-robust standard errors.

    Raises:
        NotEstimable: when no number can be given: no rows, missing or negative values, all-zero outcomes,
            everything separated, a regressor without variation within the fixed effects, an infinite effect,
            fewer than two clusters.
        ParameterError: when a column does not exist or more than two cluster dimensions are asked for.
    """
    _check_columns(frame, outcome, regressors, fixed_effects, clusters)
    y = frame[outcome].cast(pl.Float64).to_numpy()
    X = frame.select(pl.col(regressors).cast(pl.Float64)).to_numpy()
    _check_values(y, outcome, X, regressors)
    ids = np.column_stack([group_ids(frame, group) for group in fixed_effects or [[]]])
    kept, n_separated, n_singletons = (
        informative_rows(y, ids) if fixed_effects else (np.ones(len(y), dtype=bool), 0, 0)
    )
    if not kept.any():
        raise NotEstimable(
            f"Of {len(y)} rows, {n_separated} are predicted perfectly as zero by a fixed effect and "
            f"{n_singletons} are alone in one: nothing is left to compare."
        )
    y, X, ids = y[kept], X[kept], np.column_stack([_dense(column) for column in ids[kept].T])
    cluster_ids = [_dense(group_ids(frame, group)[kept]) for group in clusters]
    _check_clusters(cluster_ids, clusters)
    spread = np.ptp(X, axis=0)
    _check_variation(spread, len(X), regressors)

    effects = arrange(ids)
    order = effects.order
    beta, fitted, residuals, log_likelihood = _newton(effects, y[order], X[order] / spread, regressors)
    back = np.argsort(order)
    fitted, residuals = fitted[back], residuals[back] * spread
    return PoissonFit(
        terms=tuple(regressors),
        coefficients=beta / spread,
        covariance=sandwich(residuals, fitted, y - fitted, cluster_ids),
        n_separated=n_separated,
        n_singletons=n_singletons,
        n_clusters=min((int(codes.max()) + 1 for codes in cluster_ids), default=None),
        effective_clusters=effective_clusters(residuals, fitted, cluster_ids),
        log_likelihood=log_likelihood,
        standard_error_type=(
            "clustered by " + " and by ".join("-".join(group) for group in clusters)
            if clusters
            else "heteroskedasticity-robust"
        ),
        in_sample=kept,
        fitted=fitted,
        residual_regressors=residuals,
        fixed_effect_ids=ids,
    )


def _newton(
    effects: FixedEffects, y: Floats, X: Floats, regressors: Sequence[str]
) -> tuple[Floats, Floats, Floats, float]:
    """Effects, fitted means, residual regressors and log-likelihood, for rows in the order of ``effects``."""
    component_of_outer = np.repeat(np.arange(effects.n_components), np.diff(effects.component_outer))
    first_rows = effects.inner_start[effects.component_inner[:-1]]

    def likelihood(fitted: Floats) -> Floats:
        return np.asarray(np.add.reduceat(special.xlogy(y, fitted) - fitted, first_rows))

    beta = np.zeros(X.shape[1])
    log_outer = np.zeros(effects.n_outer)
    fitted = fit_margins(effects, y, np.ones(len(y)), log_outer, sweeps=10)
    coefficients = np.zeros((effects.n_outer, X.shape[1]))
    tolerance = 1e-7  # of the first removal of fixed effects, on which collinearity is judged
    for iteration in range(_MAX_ITERATIONS):
        residuals, coefficients = absorb(effects, X, fitted, coefficients, tolerance)
        if iteration == 0:
            _check_rank(residuals, X, fitted, regressors)
        information = residuals.T @ (residuals * fitted[:, None])
        try:
            change = np.linalg.solve(information, residuals.T @ (y - fitted)).clip(
                -_LONGEST_STEP, _LONGEST_STEP
            )
        except np.linalg.LinAlgError:
            change = np.full(len(beta), np.inf)
        endless = ~np.isfinite(change) | ((np.abs(beta) > _FAR) & (np.abs(change) > 0.5))
        if endless.any():
            names = [name for name, far in zip(regressors, endless, strict=True) if far]
            raise NotEstimable(
                f"The effects of {names} are infinite: once the fixed effects are accounted for, all flows "
                "that they bear on are zero (perfect separation)."
            )
        before, step = likelihood(fitted), 1.0
        while True:  # halving; the fixed effects follow the regressors as far as they share their variation
            trial = log_outer - step * (coefficients @ change)
            fitted = fit_margins(effects, y, np.exp(X @ (beta + step * change)), trial, sweeps=1)
            after = likelihood(fitted)
            if after.sum() >= before.sum() - 1e-12 * abs(before.sum()) or step < 1e-6:
                break
            step /= 2
        beta, log_outer = beta + step * change, trial
        factor = np.exp(X @ beta)

        direction = np.clip(newton_direction(effects, y - fitted, fitted, tolerance=1e-2), -3.0, 3.0)
        steps = np.ones(effects.n_components)
        for _ in range(10):
            trial = log_outer + steps[component_of_outer] * direction
            fitted = fit_margins(effects, y, factor, trial, sweeps=1)
            worse = ~(likelihood(fitted) >= after - 1e-12 * np.abs(after))
            if not worse.any():
                break
            steps[worse] = steps[worse] / 4
        log_outer = np.where(worse[component_of_outer], log_outer, trial)
        fitted = fit_margins(effects, y, factor, log_outer, sweeps=1)

        misfit = _misfit(effects, y, fitted)
        if step == 1.0 and np.abs(change).max() < _EFFECT_TOLERANCE and misfit < _MARGIN_TOLERANCE:
            residuals, _ = absorb(effects, X, fitted, coefficients, tolerance=1e-9)
            total = float(likelihood(fitted).sum() - np.sum(special.gammaln(y + 1)))
            return beta, fitted, residuals, total
        tolerance = min(1e-2, max(1e-9, 0.1 * misfit))
    raise NotEstimable(
        f"The Poisson fit did not settle in {_MAX_ITERATIONS} steps; the last change of the effects was "
        f"{np.abs(change).max():.1e} log points."
    )


def _misfit(effects: FixedEffects, y: Floats, fitted: Floats) -> float:
    """Sum of absolute differences between observed and fitted outer margins, as a share of all flows."""
    n_effects = effects.outer_ids.shape[1]
    if n_effects == 0:
        return 0.0
    errors = np.bincount(effects.outer_ids.ravel(), np.repeat(y - fitted, n_effects))
    return float(np.abs(errors).sum() / y.sum())


def sandwich(residuals: Floats, fitted: Floats, errors: Floats, clusters: Sequence[Integers]) -> Floats:
    """Covariance of Poisson effects that is robust to heteroskedasticity and clustering.

    Args:
        residuals: rows by terms, regressors without fixed effects.
        fitted: fitted means.
        errors: outcome less fitted mean.
        clusters: none, one or two arrays of cluster numbers.
    """
    bread = np.linalg.inv(residuals.T @ (residuals * fitted[:, None]))
    scores = residuals * errors[:, None]
    if not clusters:
        n = len(scores)
        return np.asarray(bread @ (scores.T @ scores * (n / (n - 1))) @ bread)
    meat = sum(_outer_sum(scores, codes) for codes in clusters)
    if len(clusters) == 2:
        meat = meat - _outer_sum(scores, _dense(clusters[0] * (clusters[1].max() + 1) + clusters[1]))
    smallest = min(int(codes.max()) + 1 for codes in clusters)
    return np.asarray(bread @ (meat * (smallest / (smallest - 1))) @ bread)


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


def _outer_sum(scores: Floats, codes: Integers) -> Floats:
    sums = np.column_stack([np.bincount(codes, column) for column in scores.T])
    return np.asarray(sums.T @ sums, dtype=np.float64)


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


def informative_rows(y: Floats, ids: Integers) -> tuple[Booleans, int, int]:
    """Rows that can say something about the effects, given the fixed effects alone.

    Args:
        y: non-negative outcomes.
        ids: rows by fixed effects, group numbers from 0.

    Returns:
        Per row, whether it is kept; the number separated (in a group whose outcomes are all zero); the
        number alone in a group. Removal is repeated until nothing more is to be removed.
    """
    kept = np.ones(len(y), dtype=bool)
    n_separated = n_singletons = 0
    n_groups = ids.max(axis=0, initial=0) + 1
    while True:
        before = n_separated + n_singletons
        for column, size in enumerate(n_groups):
            group = ids[:, column]
            total = np.bincount(group[kept], weights=y[kept], minlength=size)
            separated = kept & (total[group] == 0)
            kept &= ~separated
            alone = kept & (np.bincount(group[kept], minlength=size)[group] == 1)
            kept &= ~alone
            n_separated += int(separated.sum())
            n_singletons += int(alone.sum())
        if n_separated + n_singletons == before:
            return kept, n_separated, n_singletons


def _check_columns(
    frame: pl.DataFrame,
    outcome: str,
    regressors: Sequence[str],
    fixed_effects: Sequence[Sequence[str]],
    clusters: Sequence[Sequence[str]],
) -> None:
    wanted = [outcome, *regressors, *(c for group in [*fixed_effects, *clusters] for c in group)]
    absent = [column for column in dict.fromkeys(wanted) if column not in frame.columns]
    if absent:
        raise ParameterError(f"Columns {absent} are not in the frame; it has {frame.columns}.")
    if not regressors:
        raise ParameterError("The list of regressors is empty: name the columns whose effect is asked for.")
    if len(clusters) > 2:
        raise ParameterError(f"{len(clusters)} cluster dimensions were asked for; one or two are possible.")
    holes = {c: n for c in dict.fromkeys(wanted) if (n := frame[c].null_count())}
    if holes:
        raise NotEstimable(f"Rows without a value, by column: {holes}. Fill or leave them out beforehand.")


def _check_values(y: Floats, outcome: str, X: Floats, regressors: Sequence[str]) -> None:
    if not len(y):
        raise NotEstimable("The frame has no rows, so nothing can be estimated.")
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


def _check_variation(spread: Floats, n_rows: int, regressors: Sequence[str]) -> None:
    constant = [name for name, width in zip(regressors, spread, strict=True) if width == 0]
    if constant:
        raise NotEstimable(
            f"Regressors {constant} do not vary among the {n_rows} rows that carry information, so their "
            "effect cannot be estimated."
        )


def _check_clusters(ids: Sequence[Integers], clusters: Sequence[Sequence[str]]) -> None:
    for codes, columns in zip(ids, clusters, strict=True):
        if codes.max() == 0:
            raise NotEstimable(
                f"All rows fall in one cluster by {'-'.join(columns)}; a clustered standard error needs two "
                "at the very least, and dozens to be believed."
            )


def _check_rank(residuals: Floats, X: Floats, weights: Floats, regressors: Sequence[str]) -> None:
    """Raise for regressors that fixed effects and earlier regressors explain completely."""
    centred = X - np.average(X, axis=0, weights=weights)
    total = np.sqrt(weights @ centred**2)
    scaled = np.sqrt(weights)[:, None] * residuals / np.where(total > 0, total, 1.0)
    left = np.diag(np.linalg.qr(scaled, mode="r")) ** 2
    lost = [name for name, share in zip(regressors, left, strict=True) if not share > _COLLINEAR]
    if lost:
        raise NotEstimable(
            f"The effects of {lost} cannot be told apart from the fixed effects and the other regressors: "
            "nothing of their variation is left."
        )
