"""One treated unit against a weighted average of others: synthetic control and its relatives.

Synthetic control weights are fragile: with predictors, the weights of donors depend on weights of predictors
that are found by a search with many local minima. So the search starts from many points and the spread is
reported; beside it stand the control that matches past outcomes only, whose weights solve a convex problem,
synthetic difference-in-differences and plain difference-in-differences.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import optimize

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars, numbers, require_complete
from retorsion.estimators.plotting import Axes, axes_or_new
from retorsion.estimators.results import Estimate, wald_limits

__all__ = [
    "ControlFit",
    "ControlPanel",
    "Predictor",
    "classic_control",
    "control_panel",
    "convex_control",
    "synthetic_did",
]

Floats = NDArray[np.float64]

_CONVEX = ("synthetic control on past outcomes", "Doudchenko and Imbens (2016), NBER Working Paper 22791")
_CLASSIC = (
    "synthetic control with predictors",
    "Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105(490)",
)
_SDID = (
    "synthetic difference-in-differences",
    "Arkhangelsky, Athey, Hirshberg, Imbens and Wager (2021), American Economic Review 111(12)",
)
_DID = ("difference-in-differences", "Angrist and Pischke (2009), Mostly Harmless Econometrics, chapter 5")


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """What treated unit and control are to have in common before the change.

    Attributes:
        column: of the panel; its mean over the periods, of those that are recorded.
        periods: over which the mean is taken, all before the change.
    """

    column: str
    periods: tuple[int, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class ControlPanel:
    """Outcomes of one treated unit and its donors.

    Attributes:
        outcomes: periods by units, the treated unit first, then donors in sorted order.
        units: names of the columns.
        periods: ascending.
        n_before: number of periods before the change.
        predictors: predictors by units; empty where none were given.
        predictor_names: column and span of each predictor.
        last_predictor_period: the last period that any predictor looks at.
    """

    outcomes: Floats
    units: tuple[str, ...]
    periods: tuple[int, ...]
    n_before: int
    predictors: Floats
    predictor_names: tuple[str, ...]
    last_predictor_period: int | None

    @property
    def treated(self) -> str:
        """Name of the treated unit."""
        return self.units[0]

    @property
    def before(self) -> Floats:
        """Outcomes before the change."""
        return self.outcomes[: self.n_before]

    @property
    def after(self) -> Floats:
        """Outcomes from the change on."""
        return self.outcomes[self.n_before :]

    def sample(self) -> str:
        """The panel in words."""
        return (
            f"{self.treated} against {len(self.units) - 1} donors, {self.periods[0]} to {self.periods[-1]}, "
            f"{self.n_before} periods before the change"
        )

    def with_treated(self, unit: str) -> ControlPanel:
        """The panel as if another unit had been treated and the treated one did not exist."""
        kept = [self.units.index(unit), *(i for i, u in enumerate(self.units) if i > 0 and u != unit)]
        return self._with_units(kept)

    def without(self, unit: str) -> ControlPanel:
        """The panel without one donor."""
        return self._with_units([i for i, u in enumerate(self.units) if i == 0 or u != unit])

    def with_change_at(self, period: int) -> ControlPanel:
        """The panel before the change, as if it had come at an earlier period.

        Raises:
            NotEstimable: when fewer than two periods would be before, or predictors look beyond.
        """
        n_before = sum(p < period for p in self.periods)
        if n_before < 2 or n_before >= self.n_before:
            raise NotEstimable(
                f"A placebo change in {period} leaves {n_before} periods before it and "
                f"{max(self.n_before - n_before, 0)} until the true one; it takes two and one."
            )
        if self.last_predictor_period is not None and self.last_predictor_period >= period:
            raise NotEstimable(
                f"A placebo change in {period} comes before {self.last_predictor_period}, the last period "
                "that the predictors look at."
            )
        return replace(
            self,
            outcomes=self.before,
            periods=self.periods[: self.n_before],
            n_before=n_before,
        )

    def _with_units(self, kept: Sequence[int]) -> ControlPanel:
        if len(kept) < 3:
            raise NotEstimable("Fewer than two donors are left, so that there is nothing to weigh.")
        return replace(
            self,
            outcomes=self.outcomes[:, kept],
            units=tuple(self.units[i] for i in kept),
            predictors=self.predictors[:, kept],
        )


def control_panel(
    frame: Frame,
    *,
    unit: str,
    period: str,
    outcome: str,
    treated: str,
    first_treated: int,
    donors: Sequence[str] | None = None,
    predictors: Sequence[Predictor] = (),
) -> ControlPanel:
    """Arrange a long panel for the estimators of this module.

    Args:
        frame: one row per unit and period.
        unit: column with names of units.
        period: column with whole numbers, for instance years.
        outcome: column; every unit kept must have one in every period.
        treated: the treated unit.
        first_treated: first period under the change.
        donors: units to weigh; by default all others.
        predictors: for :func:`classic_control`.

    Raises:
        ParameterError: a column, the treated unit, a donor or a predictor's period does not exist, or a
            predictor looks at a period after the change.
        NotEstimable: a unit and period is missing, repeated or not finite, fewer than two donors or two
            periods before the change, none after, or a predictor without a value for some unit.
    """
    frame = as_polars(frame, [unit, period, outcome, *(p.column for p in predictors)], "panel")
    frame = frame.with_columns(
        numbers(frame, c) for c in dict.fromkeys([outcome, *(p.column for p in predictors)])
    )
    require_complete(frame, [unit, period], "panel")
    names = set(frame[unit].cast(pl.String))
    chosen = sorted(set(donors if donors is not None else names) - {treated})
    if absent := sorted({treated, *chosen} - names):
        raise ParameterError(f"Units {absent} are not in the panel's column {unit!r}.")
    if len(chosen) < 2:
        raise NotEstimable(
            f"{treated} has {len(chosen)} donors; with fewer than two there is nothing to weigh."
        )
    units = (treated, *chosen)
    kept = frame.filter(pl.col(unit).is_in(units)).sort(period)
    periods = tuple(kept[period].unique().sort().to_list())
    cells = kept.pivot(on=unit, index=period, values=outcome, aggregate_function="len").sort(period)
    counts = cells.select(units).fill_null(0).to_numpy()
    if (counts != 1).any():
        row, column = np.argwhere(counts != 1)[0]
        raise NotEstimable(
            f"{units[column]} has {counts[row, column]} rows in {periods[row]}; every unit needs one in "
            "every period."
        )
    wide = kept.pivot(on=unit, index=period, values=outcome).sort(period).select(units).cast(pl.Float64)
    outcomes = wide.to_numpy()
    if not np.isfinite(outcomes).all():
        row, column = np.argwhere(~np.isfinite(outcomes))[0]
        raise NotEstimable(f"The outcome of {units[column]} in {periods[row]} is missing or not finite.")
    n_before = sum(p < first_treated for p in periods)
    if n_before < 2 or n_before == len(periods):
        raise NotEstimable(
            f"{n_before} periods lie before {first_treated} and {len(periods) - n_before} from then on; it "
            "takes at least two and one."
        )
    values = [_predictor_values(kept, p, unit, period, units, periods[:n_before]) for p in predictors]
    return ControlPanel(
        outcomes=outcomes,
        units=units,
        periods=periods,
        n_before=n_before,
        predictors=np.array(values).reshape(len(values), len(units)),
        predictor_names=tuple(f"{p.column} {min(p.periods)}-{max(p.periods)}" for p in predictors),
        last_predictor_period=max((max(p.periods) for p in predictors), default=None),
    )


def _predictor_values(
    frame: pl.DataFrame,
    predictor: Predictor,
    unit: str,
    period: str,
    units: Sequence[str],
    before: Sequence[int],
) -> list[float]:
    if late := sorted(set(predictor.periods) - set(before)):
        raise ParameterError(
            f"The predictor {predictor.column!r} looks at {late}, which are not periods before the change."
        )
    means = dict(
        frame.filter(pl.col(period).is_in(predictor.periods))
        .group_by(unit)
        .agg(pl.col(predictor.column).cast(pl.Float64).fill_nan(None).mean())
        .iter_rows()
    )
    if empty := [u for u in units if means.get(u) is None]:
        raise NotEstimable(
            f"The predictor {predictor.column!r} has no value for {empty} in {list(predictor.periods)}."
        )
    return [float(means[u]) for u in units]


@dataclass(frozen=True, eq=False, kw_only=True)
class ControlFit:
    """A treated unit and its control.

    Attributes:
        estimate: mean difference from the change on, in units of the outcome.
        weights: unit, weight; donors with a weight above 0.0001, largest first.
        path: period, phase_type (before, after), treated, control, gap.
        rmspe_before: root mean squared difference before the change.
        rmspe_after: the same from the change on.
        starts: of :func:`classic_control`: start, rmspe_before, loss, estimate, donors (with a weight above
            0.01), is_best; empty elsewhere.
        predictor_weights: predictor, weight, treated, control, donors (mean); empty elsewhere.
    """

    estimate: Estimate
    weights: pl.DataFrame
    path: pl.DataFrame
    rmspe_before: float
    rmspe_after: float
    starts: pl.DataFrame
    predictor_weights: pl.DataFrame

    def plot(self, axes: Axes | None = None) -> Axes:
        """Draw the treated unit and its control; gives the axes of matplotlib."""
        drawn = axes_or_new(axes)
        periods = self.path["period"].to_list()
        drawn.plot(periods, self.path["treated"].to_list(), label="treated")
        drawn.plot(periods, self.path["control"].to_list(), linestyle="--", label="control")
        after = self.path.filter(pl.col("phase_type") == "after")["period"].to_list()
        if after:
            drawn.axvline(after[0], color="0.5", linestyle=":")
        drawn.legend()
        return drawn

    @property
    def rmspe_ratio(self) -> float:
        """How much worse the control fits after the change than before."""
        return self.rmspe_after / self.rmspe_before if self.rmspe_before > 0 else float("inf")


#: An estimator that takes a panel and gives a fit, for placebos and leave-one-out.
Estimator = Callable[[ControlPanel], ControlFit]


def convex_control(panel: ControlPanel, *, solver: Literal["exact", "frank-wolfe"] = "exact") -> ControlFit:
    """Non-negative weights, summing to one, that best reproduce the treated unit's past outcomes.

    Args:
        panel: of :func:`control_panel`; predictors are not used.
        solver: ``exact`` solves the convex problem by non-negative least squares. ``frank-wolfe`` stops where
            the authors' implementation of Arkhangelsky et al. (2021) stops, which on flat problems is
            visibly short of the optimum; it is here to reproduce their numbers.
    """
    donors, treated = panel.before[:, 1:], panel.before[:, 0]
    if solver == "exact":
        weights = simplex_least_squares(donors, treated)
    else:
        noise = float(np.std(np.diff(donors, axis=0), ddof=1))
        weights = _frank_wolfe(donors, treated, penalty=1e-6 * noise, smallest_decrease=1e-5 * noise)
    return _control_fit(panel, weights, *_CONVEX)


def simplex_least_squares(A: Floats, b: Floats) -> Floats:
    """Minimise ``|A x − b|`` over non-negative ``x`` that sum to one.

    The sum is a row of great weight in a non-negative least-squares problem (Lawson and Hanson 1974).
    """
    scale = float(np.abs(A).max()) or 1.0
    heavy = 1e4 * np.sqrt(len(A))
    x, _ = optimize.nnls(
        np.vstack([A / scale, np.full(A.shape[1], heavy)]),
        np.append(b / scale, heavy),
        maxiter=50 * A.shape[1],
    )
    return np.asarray(x / x.sum())


def _frank_wolfe(A: Floats, b: Floats, *, penalty: float, smallest_decrease: float) -> Floats:
    """Frank-Wolfe steps from equal weights; small weights go after 100 of them, then up to 10,000 more."""
    x = np.full(A.shape[1], 1 / A.shape[1])
    for n_steps in (100, 10_000):
        x = _frank_wolfe_steps(A, b, x, penalty, smallest_decrease, n_steps)
        if n_steps == 100:
            x = np.where(x > x.max() / 4, x, 0.0)
            x /= x.sum()
    return x


def _frank_wolfe_steps(
    A: Floats, b: Floats, x: Floats, penalty: float, smallest_decrease: float, n_steps: int
) -> Floats:
    ridge = len(A) * penalty**2
    last = np.inf
    for step in range(n_steps):
        fitted = A @ x
        gradient = (fitted - b) @ A + ridge * x
        vertex = int(np.argmin(gradient))
        direction = -x
        direction[vertex] += 1
        if not direction.any():
            break
        moved = A[:, vertex] - fitted
        length = -(gradient @ direction) / (moved @ moved + ridge * (direction @ direction))
        x = x + min(1.0, max(0.0, float(length))) * direction
        error = A @ x - b
        value = float(penalty**2 * (x @ x) + error @ error / len(A))
        if step > 0 and last - value <= smallest_decrease**2:
            break
        last = value
    return x


def classic_control(
    panel: ControlPanel,
    *,
    n_starts: int = 10,
    seed: int = 0,
    fit_periods: Sequence[int] | None = None,
    predictor_weights: Sequence[float] | None = None,
) -> ControlFit:
    """Synthetic control with predictors, the search for their weights started from many points.

    Predictors are divided by their standard deviation over all units. Given weights of predictors, the
    weights of donors are the exact solution of a convex problem; the weights of predictors are those whose
    control best reproduces past outcomes. Starts are equal weights and random draws from the simplex;
    ``starts`` of the result shows where each of them ended.

    Args:
        panel: of :func:`control_panel`, with predictors.
        n_starts: number of starting points.
        seed: of the random ones.
        fit_periods: periods before the change whose outcomes the control is to reproduce; by default all.
        predictor_weights: one for each predictor, 0 or more; given, nothing is searched for. To cross-validate
            them (Abadie, Diamond and Hainmueller 2015, American Journal of Political Science 59(2)), take those
            of a fit whose predictors look at the first years before the change and whose ``fit_periods`` are the
            last.

    Raises:
        ParameterError: the panel has no predictors, a fit period is not before the change, or the weights do
            not match the predictors.
        NotEstimable: no predictor differs between the units.
    """
    if not len(panel.predictors):
        raise ParameterError("classic_control needs predictors; convex_control matches past outcomes alone.")
    before = panel.periods[: panel.n_before]
    if late := sorted(set(fit_periods or ()) - set(before)):
        raise ParameterError(f"Fit periods {late} are not among the periods before the change.")
    fitted = np.isin(before, list(fit_periods if fit_periods is not None else before))
    spread = panel.predictors.std(axis=1, ddof=1)
    if not (spread > 0).any():
        raise NotEstimable(f"The predictors {list(panel.predictor_names)} are the same for all units.")
    usable = spread > 0
    scaled = panel.predictors[usable] / spread[usable, None]
    difference, treated = scaled[:, 1:], scaled[:, 0]

    def donors_given(theta: Floats) -> Floats:
        root = np.sqrt(_softmax(theta))
        return simplex_least_squares(root[:, None] * difference, root * treated)

    def loss(theta: Floats) -> float:
        errors = (panel.before[:, 0] - panel.before[:, 1:] @ donors_given(theta))[fitted]
        return float(errors @ errors / len(errors))

    if predictor_weights is not None:
        return _with_given_weights(panel, predictor_weights, spread, donors_given)
    draws = np.random.default_rng(seed).dirichlet(np.ones(int(usable.sum())), size=n_starts - 1)
    found = []
    for weights in [np.full(int(usable.sum()), 1 / usable.sum()), *draws]:
        start = np.log(np.maximum(weights, 1e-8))
        end = optimize.minimize(
            loss,
            start,
            method="Nelder-Mead",
            options={"maxfev": 400 * len(start), "xatol": 1e-3, "fatol": 1e-10},
        ).x
        found.append((loss(end), end))
    best = min(range(n_starts), key=lambda i: found[i][0])
    fit = _control_fit(panel, donors_given(found[best][1]), *_CLASSIC)
    rows = []
    for i, (value, theta) in enumerate(found):
        weights = donors_given(theta)
        gaps = panel.outcomes[:, 0] - panel.outcomes[:, 1:] @ weights
        named = sorted(zip(weights, panel.units[1:], strict=True), reverse=True)
        rows.append(
            {
                "start": i,
                "rmspe_before": float(np.sqrt(value)),
                "estimate": float(gaps[panel.n_before :].mean()),
                "donors": ", ".join(f"{name} {w:.3f}" for w, name in named if w > 0.01),
                "is_best": i == best,
            }
        )
    importance = np.zeros(len(spread))
    importance[usable] = _softmax(found[best][1])
    return replace(
        fit,
        estimate=replace(fit.estimate, caveat=_spread(rows)),
        starts=pl.DataFrame(rows),
        predictor_weights=_balance(panel, importance, donors_given(found[best][1])),
    )


def _with_given_weights(
    panel: ControlPanel, given: Sequence[float], spread: Floats, donors_given: Callable[[Floats], Floats]
) -> ControlFit:
    weights = np.asarray(given, dtype=np.float64)
    if weights.shape != spread.shape or not (weights >= 0).all() or not weights[spread > 0].sum() > 0:
        raise ParameterError(
            f"predictor_weights {list(given)}: need one weight of zero or more for each of "
            f"{list(panel.predictor_names)}, not all zero"
        )
    weights = weights / weights.sum()
    with np.errstate(divide="ignore"):
        donors = donors_given(np.log(weights[spread > 0]))
    fit = _control_fit(panel, donors, *_CLASSIC)
    return replace(fit, predictor_weights=_balance(panel, weights, donors))


def _balance(panel: ControlPanel, importance: Floats, donors: Floats) -> pl.DataFrame:
    """Predictors of the treated unit, of its control and of all donors on average."""
    return pl.DataFrame(
        {
            "predictor": panel.predictor_names,
            "weight": importance,
            "treated": panel.predictors[:, 0],
            "control": panel.predictors[:, 1:] @ donors,
            "donors": panel.predictors[:, 1:].mean(axis=1),
        }
    )


def _softmax(theta: Floats) -> Floats:
    e = np.exp(theta - theta.max())
    return np.asarray(e / e.sum())


def _spread(rows: Sequence[dict[str, object]]) -> str:
    values = [float(str(row["estimate"])) for row in rows]
    return (
        f"The best of {len(rows)} starts of the search for predictor weights; the starts ended between "
        f"{min(values):.4g} and {max(values):.4g}."
    )


def synthetic_did(panel: ControlPanel, *, n_replicates: int, seed: int, level: float = 0.95) -> ControlFit:
    """Synthetic difference-in-differences, standard error from placebos.

    The control is shifted by the difference before the change, periods weighted by how much they resemble
    those after it. For the standard error, donors drawn at random take the place of the treated unit
    (algorithm 4 of the paper): it is the spread of their estimates. It assumes that the treated unit is as
    noisy as they are.

    Args:
        panel: of :func:`control_panel`; predictors are not used.
        n_replicates: number of placebos, at least two.
        seed: of their draw.
        level: of the interval.

    Raises:
        NotEstimable: when placebos do not differ or too few donors are there to draw from.
    """
    from diff_diff import SyntheticDiD  # here, since its import takes seconds

    n_periods, n_units = panel.outcomes.shape
    long = pl.DataFrame(
        {
            "unit": np.tile(np.arange(n_units), n_periods),
            "period": np.repeat(np.arange(n_periods), n_units),
            "outcome": panel.outcomes.ravel(),
        }
    ).with_columns(is_treated=(pl.col("unit") == 0).cast(pl.Int64))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            result = SyntheticDiD(variance_method="placebo", n_bootstrap=n_replicates, seed=seed).fit(
                long.to_pandas(),
                outcome="outcome",
                treatment="is_treated",
                unit="unit",
                time="period",
                post_periods=list(range(panel.n_before, n_periods)),
            )
        except ValueError as error:
            raise NotEstimable(f"Synthetic difference-in-differences cannot be fitted: {error}") from error
    weights = np.array([result.unit_weights.get(unit, 0.0) for unit in range(1, n_units)])
    of_periods = np.asarray(result.time_weights_array, dtype=np.float64)
    shift = float(of_periods @ (panel.before[:, 0] - panel.before[:, 1:] @ weights))
    fit = _control_fit(panel, weights, *_SDID, shift=shift)
    standard_error = float(result.se)
    lower, upper, p_value = wald_limits(fit.estimate.estimate, standard_error, level=level)
    return replace(
        fit,
        estimate=replace(
            fit.estimate,
            standard_error=standard_error,
            standard_error_type=f"placebo, {n_replicates} draws",
            lower=lower,
            upper=upper,
            level=level,
            p_value=p_value,
        ),
    )


def _control_fit(
    panel: ControlPanel, weights: Floats, estimator: str, citation: str, *, shift: float = 0.0
) -> ControlFit:
    control = panel.outcomes[:, 1:] @ weights + shift
    gaps = panel.outcomes[:, 0] - control
    named = pl.DataFrame({"unit": panel.units[1:], "weight": weights}).sort(
        ["weight", "unit"], descending=[True, False]
    )
    return ControlFit(
        estimate=Estimate(
            term=f"mean gap of {panel.treated}",
            estimate=float(gaps[panel.n_before :].mean()),
            n_obs=panel.outcomes.size,
            estimator=estimator,
            citation=citation,
            sample=panel.sample(),
        ),
        weights=named.filter(pl.col("weight") > 1e-4),
        path=pl.DataFrame(
            {
                "period": panel.periods,
                "phase_type": ["before" if i < panel.n_before else "after" for i in range(len(gaps))],
                "treated": panel.outcomes[:, 0],
                "control": control,
                "gap": gaps,
            }
        ),
        rmspe_before=float(np.sqrt(np.mean(gaps[: panel.n_before] ** 2))),
        rmspe_after=float(np.sqrt(np.mean(gaps[panel.n_before :] ** 2))),
        starts=pl.DataFrame(),
        predictor_weights=pl.DataFrame(),
    )
