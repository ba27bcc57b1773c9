"""Tests of excitation: of one link, by bootstrap, and of models out of sample, by paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from retorsion.escalation.record import Record
from retorsion.estimators.daily_hawkes import DailyData, DailyFit, DailyModel, fit_daily
from retorsion.estimators.daily_scores import compare_daily_models, paired_scores
from retorsion.estimators.daily_tests import LikelihoodRatio, likelihood_ratio


def link_test(
    record: Record, data: DailyData, larger: DailyFit, source: str, receiver: str
) -> LikelihoodRatio:
    """Whether one side's acts set off the other's, by the largest gain over half-lives against its bootstrap.

    Args:
        record: the record, for its choices and randomness.
        data: what the model was fitted to.
        larger: fit with the link.
        source: side whose acts may set off others.
        receiver: side that may answer.
    """
    choices = record.choices.excitation
    model = replace(larger.model, without=(*larger.model.without, (source, receiver)))
    smaller = fit_daily(data, model, min_acts=choices.min_acts, min_days=choices.min_days)
    return likelihood_ratio(
        data,
        smaller,
        larger,
        n_draws=record.params.n_bootstrap - 1,
        rng=record.rng(3, 5, record.pair.index(source)),
    )


def splits(record: Record, data: DailyData) -> list[date]:
    """Days from which models predict days they have not seen: the stated one, and shares of the window.

    A stated day outside the window is left out.
    """
    stated = record.asked.first_test_day
    shares = record.choices.excitation.test_shares
    days = {data.start + timedelta(days=int((1 - share) * data.n_days)) for share in shares}
    return sorted(days | ({stated} if data.start < stated < data.end else set()))


def compared(
    record: Record,
    data: DailyData,
    models: Mapping[str, DailyModel],
    against: Mapping[str, Sequence[str]],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Models by information criteria, and their gains over others out of sample at each split.

    Args:
        record: the record.
        data: counts and covariates.
        models: by name.
        against: for the name of a model, those it is set against.

    Returns:
        Frames of :func:`compare_daily_models` and :func:`paired_scores`.
    """
    choices = record.choices.excitation
    least = {"min_acts": choices.min_acts, "min_days": choices.min_days}
    scored = {name for name, others in against.items() for name in (name, *others)}
    scores = paired_scores(
        data,
        {name: model for name, model in models.items() if name in scored},
        against,
        first_test_days=splits(record, data),
        n_refits=choices.n_refits,
        level=record.level,
        **least,
    )
    return compare_daily_models(data, models, **least), scores
