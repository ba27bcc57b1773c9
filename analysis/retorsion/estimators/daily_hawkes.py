r"""Mutual excitation between sides whose acts are known by the day.

Why discrete time. Acts are dated to the day and come in packages: several fall on one day. A continuous-time
Hawkes process gives two events at one instant probability zero, so that ties must be broken by invented
hours, and the invented order of acts within a day is then read as excitation. Here a day is the unit of
time: given the past, the acts of side *i* on day *t* have the mean

.. math::

    \lambda_{i,t} = \exp(\gamma_{i0} + \gamma_i^\top x_t)
        + \sum_j A_{ij} \sum_{s<t} (1-\rho_{ij})\,\rho_{ij}^{\,t-s-1} N_{j,s} .

Only earlier days excite, so acts of the same day never explain each other, whatever their unknown order. The
geometric kernel sums to one: :math:`A_{ij}` is the number of acts of *i* that one act of *j* sets off
directly (the branching matrix), and the response halves every :math:`\ln 0.5 / \ln\rho` days. The first
term is what the other side did not cause: a level, and a log-linear response to outside events :math:`x_t`.

This is the Poisson autoregression of Fokianos, Rahbek & Tjøstheim (2009, JASA 104) in the form of a
discrete-time Hawkes process (Browning et al. 2021, PLoS ONE 16; Kirchner 2016, Stoch. Proc. Appl. 126, on
the convergence of one to the other). Three laws of the daily counts are offered: Poisson; negative binomial
(variance :math:`\lambda + \phi\lambda^2`), because packages make counts more variable than Poisson; and,
for series that say only whether a side acted on a day, Bernoulli with probability :math:`1 - e^{-\lambda}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.daily_kernels import (
    BERNOULLI,
    NEGATIVE_BINOMIAL,
    POISSON,
    evaluated,
    excited_counts,
    simulate,
)
from retorsion.estimators.maximum import Maximum, maximise
from retorsion.estimators.results import Result

__all__ = [
    "DailyData",
    "DailyFit",
    "DailyModel",
    "DailyParameters",
    "expected_counts",
    "fit_daily",
    "simulate_daily",
]

Floats = NDArray[np.float64]
Family = Literal["poisson", "negative_binomial", "bernoulli"]
Links = Literal["all", "own", "other", "none"]

_FAMILIES: dict[str, int] = {
    "poisson": POISSON,
    "negative_binomial": NEGATIVE_BINOMIAL,
    "bernoulli": BERNOULLI,
}
#: Limits of the search; an estimate on one of them is reported as such.
_LEVEL_LIMITS = (-14.0, 6.0)
_EFFECT_LIMITS = (-12.0, 12.0)
_DISPERSION_LIMITS = (1e-3, 1e3)
_BRANCHING_LIMIT = 20.0


@dataclass(frozen=True)
class DailyData:
    """Daily counts of the acts of d sides, with what both react to.

    Attributes:
        sides: names of the sides.
        start: day of the first row.
        counts: acts per day and side, shape (days, d).
        covariates: value of each covariate on each day, by name.
    """

    sides: tuple[str, ...]
    start: date
    counts: Floats
    covariates: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.counts.ndim != 2 or self.counts.shape[1] != len(self.sides):
            raise ParameterError(
                f"counts of shape {self.counts.shape}: do not match the sides {self.sides}. "
                "Give one column for each side"
            )
        floats(self.counts, "counts")
        for name, values in self.covariates.items():
            if values.shape != (len(self.counts),) or not np.isfinite(values).all():
                raise ParameterError(
                    f"covariate {name!r} of shape {values.shape}: needs one finite value for each of the "
                    f"{len(self.counts)} days. Build it on the same window as the counts"
                )

    @property
    def n_days(self) -> int:
        """Length of the window."""
        return len(self.counts)

    @property
    def end(self) -> date:
        """Day of the last row."""
        return self.start + timedelta(days=self.n_days - 1)

    def first_days(self, n: int) -> DailyData:
        """The same data cut after ``n`` days."""
        return replace(
            self,
            counts=self.counts[:n],
            covariates={name: values[:n] for name, values in self.covariates.items()},
        )


@dataclass(frozen=True)
class DailyModel(Result):
    """Which terms a model of daily counts has.

    Attributes:
        links: which acts excite: "all"; "own" side's only; "other" sides' only; "none".
        without: single links to leave out, as (source, receiver).
        covariates: names of the covariates each side responds to in its own way.
        family: law of a day's count.
        decay_sharing: one half-life for all links, one per receiving side, or one per link.
        half_life_days: half-life where it is not to be estimated.
        half_life_limits: least and greatest half-life considered. Below a quarter of a day the kernel is
            all on the next day, so shorter ones cannot be told apart. A response that takes months to fade
            cannot be told from a change of level, and nobody would call it a reply.
    """

    links: Links = "all"
    without: tuple[tuple[str, str], ...] = ()
    covariates: tuple[str, ...] = ()
    family: Family = "poisson"
    decay_sharing: Literal["common", "receiver", "link"] = "common"
    half_life_days: float | None = None
    half_life_limits: tuple[float, float] = (0.25, 30.0)

    def linked(self, sides: tuple[str, ...]) -> NDArray[np.bool_]:
        """Which entries of the branching matrix are free, shape (d, d), row receiver, column source."""
        own = np.eye(len(sides), dtype=bool)
        mask = {"all": own | ~own, "own": own, "other": ~own, "none": own & ~own}[self.links].copy()
        for source, receiver in self.without:
            mask[sides.index(receiver), sides.index(source)] = False
        return mask


@dataclass(frozen=True)
class DailyParameters(Result):
    """Parameters of the model of the module's docstring.

    Attributes:
        effects: level and effect of each covariate of the model on the log scale, shape (d, 1 + covariates).
        branching: acts of the row's side set off by one act of the column's side, shape (d, d).
        half_life_days: days in which the response halves, shape (d, d).
        dispersion: variance of a count beyond Poisson, as a multiple of its squared mean, shape (d,); 0
            unless the family is negative binomial.
    """

    effects: Floats
    branching: Floats
    half_life_days: Floats
    dispersion: Floats

    @property
    def spectral_radius(self) -> float:
        """Largest absolute eigenvalue of the branching matrix; below one the process is stable."""
        return float(np.abs(np.linalg.eigvals(self.branching)).max())


@dataclass(frozen=True)
class DailyFit(Result):
    """Maximum-likelihood fit.

    Attributes:
        model: what was fitted.
        sides: names of the sides.
        start: first day.
        end: last day.
        n_acts: acts of each side (days with an act where the family is Bernoulli).
        parameters: the estimates.
        standard_errors: from the observed information over the parameters inside their limits; undefined on a
            limit. Those of half-lives are by the delta method from the log scale.
        log_likelihood: at the maximum, constants included, so that families can be compared on equal counts.
        n_parameters: number of free parameters.
        aic: Akaike's criterion.
        bic: Schwarz's criterion with the number of acts as sample size (Volinsky & Raftery 2000, Biometrics
            56): empty days add next to no information.
        on_limit: names of the parameters that lie on a limit of the search.
        undefined: names of the half-lives that mean nothing because all their branching ratios are zero.
        is_converged: whether the optimiser reached a maximum.
    """

    model: DailyModel
    sides: tuple[str, ...]
    start: date
    end: date
    n_acts: tuple[int, ...]
    parameters: DailyParameters
    standard_errors: DailyParameters
    log_likelihood: float
    n_parameters: int
    aic: float
    bic: float
    on_limit: tuple[str, ...]
    undefined: tuple[str, ...]
    is_converged: bool


def branching_name(source: str, receiver: str) -> str:
    """Name of the branching ratio by which acts of ``source`` excite acts of ``receiver``."""
    return f"branching {source}->{receiver}"


def _design(data: DailyData, model: DailyModel) -> Floats:
    missing = [name for name in model.covariates if name not in data.covariates]
    if missing:
        raise ParameterError(
            f"covariates {missing}: not in the data. Choose among {sorted(data.covariates)} or add them"
        )
    return np.column_stack([np.ones(data.n_days), *(data.covariates[name] for name in model.covariates)])


def _decay(half_life_days: Floats) -> Floats:
    return np.asarray(0.5 ** (1.0 / half_life_days))


class Problem:
    """Fit of receivers that share parameters, as a function of one vector.

    The vector holds, for each receiver, level and effects; then the free branching ratios; the logarithm of
    the free half-lives; the logarithm of the dispersions.

    Attributes:
        names: name of each parameter of the vector.
        lower: least value of each.
        upper: greatest value of each.
    """

    def __init__(self, data: DailyData, model: DailyModel, receivers: Sequence[int]) -> None:
        d = len(data.sides)
        self.receivers = np.array(receivers, dtype=np.int64)
        self._model, self._sides = model, data.sides
        self._counts = np.ascontiguousarray(data.counts.T, dtype=np.float64)
        self._design = np.ascontiguousarray(_design(data, model).T)
        self._family = _FAMILIES[model.family]
        own = self._counts[self.receivers]
        self._constant = 0.0 if model.family == "bernoulli" else -float(special.gammaln(own + 1).sum())

        p = len(self._design)
        linked = model.linked(data.sides)
        linked[[i for i in range(d) if i not in receivers]] = False
        group_of = {
            "common": np.zeros((d, d), dtype=np.int64),
            "receiver": np.repeat(np.arange(d)[:, None], d, axis=1),
            "link": np.arange(d * d).reshape(d, d),
        }[model.decay_sharing]
        estimate_decay = model.half_life_days is None
        self._effects = [(i, m) for i in receivers for m in range(p)]
        self._links = [(int(i), int(j)) for i, j in np.argwhere(linked)]
        self._groups = [
            [(int(i), int(j)) for i, j in np.argwhere(group_of == group)]
            for group in sorted({int(group_of[i, j]) for i, j in self._links})
            if estimate_decay
        ]
        self._dispersed = list(receivers) if model.family == "negative_binomial" else []
        self._dispersed_at = np.array(self._dispersed, dtype=np.int64)
        self._effects_at = np.array(self._effects, dtype=np.int64).reshape(-1, 2)
        self._links_at = np.array(self._links, dtype=np.int64).reshape(-1, 2)
        self.names, self.lower, self.upper = self._names_and_limits()
        self._group_of = np.full((d, d), -1, dtype=np.int64)
        for number, group in enumerate(self._groups):
            self._group_of[tuple(np.array(group).T)] = number
        # which of the kernel's own derivatives, numbered through all sides, each parameter collects
        width = p + 2 * d + 1
        self._collects = np.zeros((len(self.names), d * width))
        places = [[(i, m)] for i, m in self._effects] + [[(i, p + j)] for i, j in self._links]
        places += [[(i, p + d + j) for i, j in group] for group in self._groups]
        places += [[(i, p + 2 * d)] for i in self._dispersed]
        for row, entries in enumerate(places):
            for i, column in entries:
                self._collects[row, i * width + column] = 1.0

    def _names_and_limits(self) -> tuple[list[str], Floats, Floats]:
        sides, model = self._sides, self._model
        names, limits = [], []
        varies = [True, *(float(np.ptp(column)) > 0 for column in self._design[1:])]
        for i, m in self._effects:
            names.append(f"{('level', *model.covariates)[m]} {sides[i]}")
            # a covariate that never moves in the window has no effect that could be estimated
            limits.append(_LEVEL_LIMITS if m == 0 else _EFFECT_LIMITS if varies[m] else (0.0, 0.0))
        for i, j in self._links:
            names.append(branching_name(sides[j], sides[i]))
            limits.append((0.0, _BRANCHING_LIMIT))
        for (i, j), *_ in self._groups:
            scope = {"common": "", "receiver": f" {sides[i]}", "link": f" {sides[j]}->{sides[i]}"}
            names.append("half-life" + scope[model.decay_sharing])
            low, high = model.half_life_limits
            limits.append((float(np.log(low)), float(np.log(high))))
        for i in self._dispersed:
            names.append(f"dispersion {sides[i]}")
            limits.append((float(np.log(_DISPERSION_LIMITS[0])), float(np.log(_DISPERSION_LIMITS[1]))))
        lower, upper = np.array(limits).T
        return names, lower, upper

    def place_of(self, link: tuple[int, int]) -> int:
        """Place in the vector of the branching ratio of a link (receiver, source)."""
        return len(self._effects) + self._links.index(link)

    def spread(self, values: Floats, missing: float) -> DailyParameters:
        """Values of the vector in the places of their parameters, ``missing`` in the others."""
        d, remaining = len(self._sides), iter(values.tolist())
        effects, branching, half_life, dispersion = (
            np.full(shape, missing) for shape in ((d, len(self._design)), (d, d), (d, d), (d,))
        )
        for place in self._effects:
            effects[place] = next(remaining)
        for place in self._links:
            branching[place] = next(remaining)
        for group in self._groups:
            value = next(remaining)
            for place in group:
                half_life[place] = value
        for i in self._dispersed:
            dispersion[i] = next(remaining)
        return DailyParameters(effects, branching, half_life, dispersion)

    def unpack(self, x: Floats) -> DailyParameters:
        """Parameters of the vector on their own scales; those of other receivers are without meaning."""
        at = self.spread(x, 0.0)
        half_life, dispersion = np.exp(at.half_life_days), np.zeros(len(self._sides))
        if self._model.half_life_days is not None:
            half_life[:] = self._model.half_life_days
        dispersion[self._dispersed] = np.exp(at.dispersion[self._dispersed])
        return DailyParameters(at.effects, at.branching, half_life, dispersion)

    def pack(self, parameters: DailyParameters) -> Floats:
        """The vector of given parameters."""
        x = [parameters.effects[place] for place in self._effects]
        x += [parameters.branching[place] for place in self._links]
        x += [np.log(parameters.half_life_days[group[0]]) for group in self._groups]
        x += [np.log(max(parameters.dispersion[i], _DISPERSION_LIMITS[0])) for i in self._dispersed]
        return np.array(x)

    def evaluate(self, x: Floats) -> tuple[float, Floats, Floats]:
        """Log-likelihood, gradient and observed information at ``x``."""
        value, gradient, information = evaluated(
            x,
            self._counts,
            self._design,
            self.receivers,
            self._family,
            self._effects_at,
            self._links_at,
            self._group_of,
            1.0 if self._model.half_life_days is None else float(self._model.half_life_days),
            self._dispersed_at,
            self._collects,
        )
        return value + self._constant, gradient, information

    def starts(self) -> list[Floats]:
        """Points to start from: half of the acts are spontaneous, the rest excited with various half-lives.

        The likelihood has several maxima in the half-lives, so they are combined, as long as that is few
        points.
        """
        low, high = np.log(self._model.half_life_limits)
        grid = low + (high - low) * np.array([0.1, 0.35, 0.6, 0.85])
        n_groups = len(self._groups)
        combined = list(product(grid, repeat=n_groups)) if n_groups <= 2 else [(g,) * n_groups for g in grid]
        rate = np.maximum(self._counts.mean(axis=1), 1e-5)
        share = 0.5 if self._links else 1.0
        first = [float(np.log(share * rate[i])) if m == 0 else 0.0 for i, m in self._effects]
        first += [0.5 / len(self._sides)] * len(self._links)
        return [np.array([*first, *half_lives, *[0.0] * len(self._dispersed)]) for half_lives in combined]

    def variations(self, x: Floats) -> list[Floats]:
        """A point, and the same point with short and long half-lives: where other maxima may be reached."""
        low, high = np.log(self._model.half_life_limits)
        first = len(self._effects) + len(self._links)
        points = [x]
        for combined in product((0.15, 0.85), repeat=len(self._groups)):
            point = x.copy()
            point[first : first + len(self._groups)] = low + (high - low) * np.array(combined)
            points.append(point)
        return points if self._groups else [x]

    def solve(
        self, starts: Sequence[Floats], fixed: Mapping[int, float] | None = None, *, tolerance: float = 1e-9
    ) -> Maximum:
        """Highest of the maxima reached from the starts, with the parameters of ``fixed`` held by place.

        ``tolerance`` is the predicted gain of log-likelihood below which a climb stops.
        """
        lower, upper = self.lower.copy(), self.upper.copy()
        for place, value in (fixed or {}).items():
            lower[place] = upper[place] = value
        longest = np.ones(len(lower))
        first_link = len(self._effects)
        longest[first_link : first_link + len(self._links)] = _BRANCHING_LIMIT
        maxima = [
            maximise(self.evaluate, s, lower, upper, longest_step=longest, tolerance=tolerance)
            for s in starts
        ]
        return max(maxima, key=lambda maximum: maximum.value)

    def standard_errors(self, x: Floats) -> Floats:
        """Square roots of the inverse observed information; not a number for parameters on a limit."""
        _, _, observed = self.evaluate(x)
        # a half-life of nothing has no curvature; it must not take the errors of the others with it
        known = np.diag(observed) > 1e-9
        index = np.flatnonzero((x > self.lower + 1e-6) & (x < self.upper - 1e-6) & known)
        observed = observed[np.ix_(index, index)]
        errors = np.full(len(x), np.nan)
        if len(index) and np.linalg.eigvalsh(observed).min() > 0:
            errors[index] = np.sqrt(np.diag(np.linalg.inv(observed)))
        return errors

    def undefined(self, x: Floats) -> list[str]:
        """Names of the half-lives of which every branching ratio is zero."""
        branching = self.unpack(x).branching
        first = len(self._effects) + len(self._links)
        return [
            self.names[first + k]
            for k, group in enumerate(self._groups)
            if not any(branching[place] > 0 for place in group)
        ]


def problems(data: DailyData, model: DailyModel) -> list[Problem]:
    """Independent parts of the likelihood: sides fall apart unless they share a half-life."""
    sides = range(len(data.sides))
    shares = model.decay_sharing == "common" and model.half_life_days is None and model.links != "none"
    return [Problem(data, model, r) for r in ([list(sides)] if shares else [[i] for i in sides])]


def check_estimable(data: DailyData, *, min_acts: int, min_days: int, family: Family = "poisson") -> None:
    """Raise NotEstimable, saying why, unless each side acted often enough for an estimate of excitation.

    Args:
        data: the counts.
        min_acts: fewest acts of each side.
        min_days: fewest days on which each side acted.
        family: law of the counts, which must be 0 or 1 for Bernoulli.
    """
    window = f"from {data.start} to {data.end}"
    if np.any(data.counts < 0) or np.any(data.counts != np.floor(data.counts)):
        raise ParameterError(f"counts {window}: not whole numbers of acts. Count acts, do not sum a scale")
    if family == "bernoulli" and np.any(data.counts > 1):
        raise ParameterError(
            f"counts {window}: above one, which the Bernoulli family does not allow. Count days with an act"
        )
    total = data.counts.sum(axis=0)
    if not total.any():
        raise NotEstimable(f"No act of {' or '.join(data.sides)} is recorded {window}.")
    if total.sum() == 1:
        raise NotEstimable(f"A single act is recorded {window}; nothing can be said about replies.")
    for side, n_acts, n_days in zip(data.sides, total, (data.counts > 0).sum(axis=0), strict=True):
        if n_acts == 0:
            raise NotEstimable(f"{side} never acts {window}, so who answers whom cannot be estimated.")
        if n_acts < min_acts or n_days < min_days:
            raise NotEstimable(
                f"{side} has {int(n_acts)} acts on {int(n_days)} days {window}; at least {min_acts} acts on "
                f"{min_days} days are needed to estimate who excites whom."
            )


def fit_daily(
    data: DailyData,
    model: DailyModel,
    *,
    start_from: DailyParameters | None = None,
    min_acts: int = 15,
    min_days: int = 10,
) -> DailyFit:
    """Fit a model of daily counts by maximum likelihood: Newton steps from several starts.

    Args:
        data: counts and covariates.
        model: which terms to fit.
        start_from: a point to start from instead of the usual ones, for refits to similar data.
        min_acts: fewest acts of each side.
        min_days: fewest days on which each side acted.

    Returns:
        The fit. A branching ratio may be exactly zero; its standard error is then undefined and its
        interval is one-sided (see :func:`retorsion.estimators.daily_inference.intervals`).

    Raises:
        NotEstimable: too few acts, in a sentence.
        ParameterError: unknown covariate, or counts the family does not allow.
    """
    check_estimable(data, min_acts=min_acts, min_days=min_days, family=model.family)
    d, p = len(data.sides), 1 + len(model.covariates)
    estimates = DailyParameters(np.zeros((d, p)), np.zeros((d, d)), np.ones((d, d)), np.zeros(d))
    errors = DailyParameters(*(np.full(values.shape, np.nan) for values in _arrays(estimates)))
    value, n_parameters, is_converged = 0.0, 0, True
    on_limit: list[str] = []
    undefined: list[str] = []
    for problem in problems(data, model):
        found = problem.solve(problem.starts() if start_from is None else [problem.pack(start_from)])
        value += found.value
        is_converged &= found.is_converged
        free = problem.upper > problem.lower
        n_parameters += int(free.sum())
        at_limit = free & ((found.x <= problem.lower + 1e-6) | (found.x >= problem.upper - 1e-6))
        nothing = problem.undefined(found.x)
        undefined += nothing
        on_limit += [
            name for name, held in zip(problem.names, at_limit, strict=True) if held and name not in nothing
        ]
        _fill(estimates, problem.unpack(found.x), problem.receivers)
        _fill(errors, _unpack_errors(problem, found.x), problem.receivers)
    n = float(data.counts.sum())
    return DailyFit(
        model,
        data.sides,
        data.start,
        data.end,
        tuple(int(total) for total in data.counts.sum(axis=0)),
        estimates,
        errors,
        value,
        n_parameters,
        aic=2 * n_parameters - 2 * value,
        bic=n_parameters * float(np.log(n)) - 2 * value,
        on_limit=tuple(on_limit),
        undefined=tuple(undefined),
        is_converged=is_converged,
    )


def fit_receiver(
    data: DailyData, model: DailyModel, receiver: str, *, start_from: DailyParameters | None = None
) -> tuple[DailyParameters, float]:
    """Maximum likelihood of the part of the model that one side's counts belong to, for many quick fits.

    Args:
        data: counts and covariates.
        model: which terms to fit.
        receiver: the side.
        start_from: a point to start from instead of the usual ones.

    Returns:
        Parameters, of which only the receiver's rows mean anything unless the sides share a half-life, and
        the log-likelihood of the part.
    """
    place = data.sides.index(receiver)
    problem = next(part for part in problems(data, model) if place in part.receivers)
    found = problem.solve(problem.starts() if start_from is None else [problem.pack(start_from)])
    return problem.unpack(found.x), found.value


def _arrays(parameters: DailyParameters) -> list[Floats]:
    return [parameters.effects, parameters.branching, parameters.half_life_days, parameters.dispersion]


def _fill(whole: DailyParameters, part: DailyParameters, receivers: NDArray[np.int64]) -> None:
    """Copy the rows of the receivers."""
    for target, values in zip(_arrays(whole), _arrays(part), strict=True):
        target[receivers] = values[receivers]


def _unpack_errors(problem: Problem, x: Floats) -> DailyParameters:
    """Standard errors in the places of the parameters; logarithms are turned back by the delta method."""
    at, errors = problem.unpack(x), problem.spread(problem.standard_errors(x), np.nan)
    return replace(
        errors,
        half_life_days=errors.half_life_days * at.half_life_days,
        dispersion=errors.dispersion * at.dispersion,
    )


def levels(data: DailyData, model: DailyModel, parameters: DailyParameters) -> Floats:
    """Expected acts per day that no earlier act excites, shape (days, d)."""
    return np.asarray(np.exp(_design(data, model) @ parameters.effects.T))


def expected_counts(data: DailyData, model: DailyModel, parameters: DailyParameters) -> Floats:
    """Mean of each day's count given the days before it, shape (days, d).

    For the Bernoulli family this is the rate, of which the probability of an active day is 1 - exp(-rate).
    """
    excited = excited_counts(
        np.ascontiguousarray(data.counts, dtype=np.float64), _decay(parameters.half_life_days)
    )
    mean = levels(data, model, parameters) + np.einsum("ij,tij->ti", parameters.branching, excited)
    return np.asarray(np.maximum(mean, 1e-12))


def simulate_daily(
    data: DailyData,
    model: DailyModel,
    parameters: DailyParameters,
    rng: np.random.Generator,
    *,
    limit: float = 1e4,
) -> DailyData:
    """Counts drawn from the model on the window and covariates of ``data``, from an empty past.

    Args:
        data: window, sides and covariates; its counts are not used.
        model: terms and family.
        parameters: what to draw from.
        rng: source of randomness.
        limit: mean of a day's count at which the draw is given up.

    Returns:
        Data with drawn counts.

    Raises:
        NotEstimable: the process explodes.
    """
    counts = simulate(
        levels(data, model, parameters),
        parameters.branching,
        _decay(parameters.half_life_days),
        parameters.dispersion,
        _FAMILIES[model.family],
        limit,
        rng,
    )
    if counts.min() < 0:
        raise NotEstimable(
            f"The fitted process explodes (spectral radius {parameters.spectral_radius:.2f}): each act "
            "sets off more than one other, so it cannot be simulated."
        )
    return replace(data, counts=counts)
