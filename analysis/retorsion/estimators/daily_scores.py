"""How well models of daily counts predict days they have not seen, with errors of the differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.daily_hawkes import DailyData, DailyModel, expected_counts, fit_daily
from retorsion.estimators.daily_inference import log_probability

__all__ = ["compare_daily_models", "daily_log_scores", "paired_scores"]

Floats = NDArray[np.float64]


def daily_log_scores(
    data: DailyData, model: DailyModel, first_test_day: date, *, n_refits: int, min_acts: int, min_days: int
) -> Floats:
    """Log-probability of each day's counts given only the days before it.

    Args:
        data: counts and covariates; covariates of the day itself are taken as known.
        model: what to fit.
        first_test_day: day from which to score.
        n_refits: number of times the model is fitted, on all days before each of as many equal parts of the
            test days.
        min_acts: fewest acts of each side in each training window.
        min_days: fewest active days of each side in each training window.

    Returns:
        One score per test day, all sides together.

    Raises:
        NotEstimable: a training window is too thin.
    """
    first = (first_test_day - data.start).days
    if not 0 < first < data.n_days or n_refits < 1:
        raise ParameterError(
            f"first test day {first_test_day} with {n_refits} refits: must lie inside {data.start} to "
            f"{data.end} with at least one fit. Move it"
        )
    scores = []
    for part in np.array_split(np.arange(first, data.n_days), n_refits):
        if not len(part):
            continue
        fit = fit_daily(data.first_days(int(part[0])), model, min_acts=min_acts, min_days=min_days)
        mean = expected_counts(data.first_days(int(part[-1]) + 1), model, fit.parameters)[part]
        scores.append(
            log_probability(data.counts[part], mean, fit.parameters.dispersion, model.family).sum(axis=1)
        )
    return np.concatenate(scores)


def compare_daily_models(
    data: DailyData, models: Mapping[str, DailyModel], *, min_acts: int = 15, min_days: int = 10
) -> pl.DataFrame:
    """Models side by side by information criteria.

    Args:
        data: counts and covariates.
        models: by name. All of one kind of count (Bernoulli models see days with an act, the others numbers of
            acts).
        min_acts: fewest acts of each side.
        min_days: fewest active days of each side.

    Returns:
        Frame model, n_parameters, log_likelihood, aic, bic, aic_difference, bic_difference (from the best).

    Raises:
        NotEstimable: the window is too thin.
        ParameterError: Bernoulli and count models together.
    """
    _check_alike(models)
    fits = {
        name: fit_daily(data, model, min_acts=min_acts, min_days=min_days) for name, model in models.items()
    }
    rows = [(name, fit.n_parameters, fit.log_likelihood, fit.aic, fit.bic) for name, fit in fits.items()]
    schema = {
        "model": pl.String,
        "n_parameters": pl.Int64,
        "log_likelihood": pl.Float64,
        "aic": pl.Float64,
        "bic": pl.Float64,
    }
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        (pl.col("aic") - pl.col("aic").min()).alias("aic_difference"),
        (pl.col("bic") - pl.col("bic").min()).alias("bic_difference"),
    )


def _check_alike(models: Mapping[str, DailyModel]) -> None:
    if len({model.family == "bernoulli" for model in models.values()}) > 1:
        raise ParameterError(
            "models: Bernoulli and count models do not share a likelihood. Compare them apart"
        )


_SCORES_SCHEMA = pl.Schema(
    {
        "model": pl.String,
        "against": pl.String,
        "first_test_day": pl.Date,
        "n_test_days": pl.Int64,
        "log_score": pl.Float64,
        "gain": pl.Float64,
        "gain_se": pl.Float64,
        "lower": pl.Float64,
        "upper": pl.Float64,
        "n_blocks": pl.Int64,
        "note": pl.String,
    }
)


def paired_scores(
    data: DailyData,
    models: Mapping[str, DailyModel],
    against: Mapping[str, Sequence[str]],
    *,
    first_test_days: Sequence[date],
    n_refits: int = 4,
    block_days: int = 28,
    level: float = 0.95,
    min_acts: int = 15,
    min_days: int = 10,
) -> pl.DataFrame:
    """Log scores of days not used for the fit, and what a model gains over another on the same days.

    Scores of two models on one day go up and down together, so only the difference has a useful error. Days
    of a block follow from one another; the differences are summed within blocks, and the error and the
    interval (Student's t) are those of a sum of independent blocks. Diebold and Mariano (1995, J. Business
    and Economic Statistics 13) test the same mean with a long-run variance.

    Args:
        data: counts and covariates.
        models: by name. All of one kind of count.
        against: for the name of a model, the names of those it is set against.
        first_test_days: for each split, the day from which days are predicted one by one from the past.
        n_refits: refits over the test days, each on all days before.
        block_days: length of a block.
        level: of the interval.
        min_acts: fewest acts of each side in each training window.
        min_days: fewest active days of each side in each training window.

    Returns:
        Frame model, against, first_test_day, n_test_days, log_score (of the model, summed), gain (over the
        other, summed), gain_se, lower, upper, n_blocks, note (null, or why there is no number).
    """
    _check_alike(models)
    rows: list[dict[str, object]] = []
    for split in first_test_days:
        scores: dict[str, Floats] = {}
        reasons: dict[str, str] = {}
        for name, model in models.items():
            try:
                scores[name] = daily_log_scores(
                    data, model, split, n_refits=n_refits, min_acts=min_acts, min_days=min_days
                )
            except NotEstimable as reason:
                reasons[name] = f"No score out of sample: {reason}"
        for name, others in against.items():
            for other in others:
                row = {"model": name, "against": other, "first_test_day": split}
                missing = reasons.get(name) or reasons.get(other)
                if missing:
                    rows.append(row | {"note": missing})
                else:
                    rows.append(row | _gain(scores[name], scores[other], block_days, level))
    return pl.DataFrame(rows, schema=_SCORES_SCHEMA)


def _gain(scores: Floats, others: Floats, block_days: int, level: float) -> dict[str, object]:
    """Sum of the differences with an error from the sums of whole blocks and what is left over."""
    difference = scores - others
    sums = np.add.reduceat(difference, np.arange(0, len(difference), block_days))
    found: dict[str, object] = {
        "n_test_days": len(difference),
        "log_score": float(scores.sum()),
        "gain": float(difference.sum()),
        "n_blocks": len(sums),
    }
    if len(sums) < 2:
        return found
    error = float(np.sqrt(len(sums) * sums.var(ddof=1)))
    half = float(stats.t.ppf(0.5 + level / 2, len(sums) - 1)) * error
    return found | {
        "gain_se": error,
        "lower": float(difference.sum()) - half,
        "upper": float(difference.sum()) + half,
    }
