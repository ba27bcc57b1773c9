"""Staggered measures in the linear model: conventions, and panels that cannot bear an estimate."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.group_time import StaggeredEffect, callaway_santanna, sun_abraham

COLUMNS = {"unit": "state", "period": "year", "outcome": "log_flow", "first_treated": "since"}


def panel(
    seed: int,
    *,
    cohorts: tuple[int | None, ...] = (None, None, 2015, 2018),
    units: int = 12,
    noise: float = 0.3,
) -> pl.DataFrame:
    """Units of several cohorts, 2010 to 2020; the effect is the cohort's own and grows with time."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(units * len(cohorts)):
        since = cohorts[number % len(cohorts)]
        level = rng.normal()
        for year in range(2010, 2021):
            effect = 0.0 if since is None or year < since else -1.0 - 0.2 * (year - since)
            rows.append((f"u{number}", year, since, level + 0.1 * year + effect + noise * rng.normal()))
    return pl.DataFrame(rows, schema=["state", "year", "since", "log_flow"], orient="row")


@pytest.mark.parametrize("estimator", [sun_abraham, callaway_santanna])
def test_without_noise_the_effect_is_found_exactly(estimator: object) -> None:
    effect: StaggeredEffect = estimator(panel(0, noise=1e-9), **COLUMNS)  # type: ignore[operator]
    found = effect.path.frame()
    times = found["period"].to_numpy()
    expected = np.where(times >= 0, -1 - 0.2 * times, 0)
    assert found["estimate"].to_numpy() == pytest.approx(expected, abs=1e-6)
    lengths = {2015: 6, 2018: 3}
    by_cohort = {g: np.mean([-1 - 0.2 * k for k in range(n)]) for g, n in lengths.items()}
    weighted = sum(lengths[g] * by_cohort[g] for g in lengths) / sum(lengths.values())
    assert effect.average.estimate == pytest.approx(weighted, abs=1e-6)
    if effect.by_cohort:
        assert [e.term for e in effect.by_cohort] == ["cohort 2015", "cohort 2018"]
        assert [e.estimate for e in effect.by_cohort] == pytest.approx(list(by_cohort.values()), abs=1e-6)
        assert effect.average_of_cohorts is not None
        assert effect.average_of_cohorts.estimate == pytest.approx(
            np.mean(list(by_cohort.values())), abs=1e-6
        )


def test_event_time_counts_from_the_first_treated_period() -> None:
    path = callaway_santanna(panel(1), **COLUMNS).path
    assert path.reference == -1
    assert path.first_treated == 0
    assert min(path.periods) == 2010 - 2018
    assert max(path.periods) == 2020 - 2015
    assert path.covariance.shape == (len(path.periods),) * 2
    assert np.sqrt(np.diag(path.covariance)) == pytest.approx(
        [e.standard_error for e in path.effects], rel=1e-6
    )


def test_controls_not_yet_treated_add_information() -> None:
    never = callaway_santanna(panel(2), **COLUMNS)
    yet = callaway_santanna(panel(2), **COLUMNS, controls="not yet treated")
    assert yet.average.estimate != never.average.estimate
    assert yet.average_of_cohorts is not None
    assert yet.average_of_cohorts.standard_error is None
    assert yet.average_of_cohorts.lower is None


def test_units_treated_from_the_start_are_left_out_and_counted() -> None:
    frame = panel(3, cohorts=(None, 2008, 2015, 2018))
    effect = callaway_santanna(frame, **COLUMNS)
    assert effect.average.sample.endswith("12 treated from the first period on left out")
    assert effect.average.n_obs == 36 * 11
    without = callaway_santanna(frame.filter(pl.col("since").is_null() | (pl.col("since") > 2010)), **COLUMNS)
    assert without.average.estimate == pytest.approx(effect.average.estimate)


def test_units_treated_after_the_last_period_are_never_treated() -> None:
    frame = panel(4, cohorts=(None, 2025, 2015))
    replaced = frame.with_columns(since=pl.when(pl.col("since") < 2025).then("since"))
    assert callaway_santanna(frame, **COLUMNS).average == callaway_santanna(replaced, **COLUMNS).average


def test_panels_that_cannot_bear_an_estimate() -> None:
    frame = panel(5)
    with pytest.raises(NotEstimable, match="no rows"):
        sun_abraham(frame.clear(), **COLUMNS)
    with pytest.raises(NotEstimable, match="0 units become treated"):
        sun_abraham(frame.with_columns(since=pl.lit(None, dtype=pl.Int64)), **COLUMNS)
    with pytest.raises(NotEstimable, match="0 never are"):
        callaway_santanna(frame.filter(pl.col("since").is_not_null()), **COLUMNS)
    with pytest.raises(NotEstimable, match="1 rows repeat"):
        callaway_santanna(pl.concat([frame, frame.head(1)]), **COLUMNS)
    with pytest.raises(NotEstimable, match="no finite outcome"):
        sun_abraham(frame.with_columns(log_flow=pl.lit(float("nan"))), **COLUMNS)
    changing = frame.with_columns(since=pl.when(pl.col("year") > 2016).then(2017).otherwise(2018))
    with pytest.raises(NotEstimable, match="more than one 'since'"):
        sun_abraham(changing, **COLUMNS)
    with pytest.raises(ParameterError, match="lacks the columns"):
        sun_abraham(frame.drop("log_flow"), **COLUMNS)
    with pytest.raises(ParameterError, match="names that this function uses"):
        sun_abraham(frame.with_columns(cohort=pl.lit(1.0)), **COLUMNS, covariates=["cohort"])
