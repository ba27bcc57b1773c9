"""The test of a link and its interval in the regime of use: nearly all of a response on the next day, acts in packages.

Two sides act some 130 and 60 times in 1,500 days; counts are far more variable than Poisson (dispersion 6.3), the
half-life is on the limit of its search (a quarter of a day), both react to an invasion that fades and to a calendar of
steps. The calendar is in the tested model, or it is left out of it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import numpy as np
import pytest
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    fit_daily,
    simulate_daily,
)
from retorsion.estimators.daily_tests import Reliability, reliability
from scipy import stats

START, N_DAYS = date(2022, 2, 1), 1489
DAYS = np.arange(N_DAYS)
INVASION = np.where(DAYS >= 23, 0.5 ** ((DAYS - 23) / 60), 0.0)


def steps(seed: int, n_steps: int) -> np.ndarray:
    """1 from a day before to seven days after each of so many steps, most of them early, as allies took them."""
    rng = np.random.default_rng(seed)
    at = np.sort(rng.choice(N_DAYS, n_steps, replace=False, p=(w := np.exp(-DAYS / 500)) / w.sum()))
    age = DAYS[:, None] - at[None, :]
    return ((age >= -1) & (age <= 7)).any(axis=1).astype(float)


@cache
def studied(n_records: int, *, effect: float, is_omitted: bool, seed: int = 1) -> Reliability:
    """Reliability where both sides react to the calendar with an effect, on the logarithmic scale."""
    model = DailyModel(
        covariates=("invasion", "calendar"), family="negative_binomial", decay_sharing="receiver"
    )
    truth = DailyParameters(
        np.array([[-3.4, 2.2, effect], [-4.0, 2.6, effect]]),
        np.array([[0.0, 0.25], [0.1, 0.0]]),
        np.full((2, 2), 0.25),
        np.array([6.3, 1.7]),
    )
    covariates = {"invasion": INVASION, "calendar": steps(3, 60)}
    empty = DailyData(("A", "B"), START, np.zeros((N_DAYS, 2)), covariates)
    data = simulate_daily(empty, model, truth, np.random.default_rng(seed))
    fit = replace(fit_daily(data, model), parameters=truth)
    return reliability(
        data,
        fit,
        source="B",
        receiver="A",
        ratio=0.25,
        n_records=n_records,
        rng=np.random.default_rng(seed + 1),
        omitted=["calendar"] if is_omitted else [],
    )


def test_size_and_coverage_with_the_calendar_reduced():
    found = studied(60, effect=1.2, is_omitted=False)
    assert found.size <= stats.binom.ppf(0.999, 60, 0.05) / 60
    assert found.coverage >= stats.binom.ppf(0.001, 60, 0.95) / 60


@pytest.mark.slow
def test_size_and_coverage_with_the_calendar():
    found = studied(1000, effect=1.2, is_omitted=False)
    assert 0.03 <= found.size <= 0.07
    assert 0.90 <= found.coverage <= 0.99


@pytest.mark.slow
def test_a_strong_calendar_left_out_breaks_the_size_so_it_has_to_be_in():
    left_out, included = (studied(400, effect=2.0, is_omitted=omitted) for omitted in (True, False))
    assert left_out.size > 0.10
    assert included.size < 0.08
