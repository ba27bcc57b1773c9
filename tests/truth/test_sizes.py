"""Tests reject a true null as often as they say, and intervals hold the truth, in the regimes of this project.

Few events, days with several acts, levels that change, two to sixty clusters. Each case draws its records from a
process whose truth is known. The reduced form runs always; the full one, marked slow, has the draws on which the
bounds are set: shares may lie three standard errors of the simulation outside them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from retorsion.estimators import (
    bootstrap_daily,
    coincidence,
    cox_regression,
    fit_ppml,
    granger,
    joint_test,
    pairs_following,
    proportionality,
    shift_blocks,
    step_lags,
    transitions,
)
from retorsion.estimators.daily_hawkes import (
    DailyData,
    DailyModel,
    DailyParameters,
    fit_daily,
    simulate_daily,
)

START = date(2022, 1, 3)
#: Parameters of the process of the bootstrap's test.
TRUE = {
    "level A": -2.5, "level B": -2.5,
    "branching A->A": 0.2, "branching B->A": 0.1, "branching A->B": 0.3, "branching B->B": 0.2,
}  # fmt: skip


def runs(full: int, reduced: int) -> pytest.MarkDecorator:
    """Number of draws, of which the full one is run with the slow tests only."""
    return pytest.mark.parametrize(
        "n", [pytest.param(full, marks=pytest.mark.slow, id="full"), pytest.param(reduced, id="reduced")]
    )


def share(holds: Callable[[np.random.Generator], bool], n: int) -> float:
    """Share of draws in which something holds, each with a generator of its own."""
    return float(np.mean([holds(np.random.default_rng([77, seed])) for seed in range(n)]))


def check(found: float, n: int, least: float, most: float) -> None:
    """A share lies within its bounds, or no further outside than three errors of the simulation."""
    slack = [3 * float(np.sqrt(bound * (1 - bound) / n)) for bound in (least, most)]
    assert least - slack[0] <= found <= most + slack[1], (found, n)


@runs(1000, 40)
@pytest.mark.parametrize("ratio", [1.0, 2.5])
def test_hazard_ratios_hold_with_few_spells_and_tied_days(n: int, ratio: float) -> None:
    def holds(draws: np.random.Generator) -> bool:
        is_deed = np.arange(60) % 2
        days = np.ceil(draws.exponential(20.0 / ratio**is_deed))  # whole days, many of them equal
        spells = pl.DataFrame(
            {"days": np.minimum(days, 30.0), "answered": days <= 30, "deed": is_deed.astype(float)}
        )
        row = cox_regression(spells, ["deed"], duration="days", event="answered").table.row(0, named=True)
        return bool(row["lower"] <= ratio <= row["upper"])

    check(share(holds, n), n, 0.92, 0.98)


def weekly(draws: np.random.Generator, response: float) -> pl.DataFrame:
    """Eighty weeks of two series whose variance doubles half way; the first answers the second's last week."""
    scale = np.where(np.arange(80) < 40, 1.0, 2.0)
    cause, effect = np.zeros(80), np.zeros(80)
    for week in range(1, 80):
        cause[week] = 0.4 * cause[week - 1] + scale[week] * draws.normal()
        effect[week] = 0.3 * effect[week - 1] + response * cause[week - 1] + scale[week] * draws.normal()
    return pl.DataFrame({"cause": cause, "effect": effect})


@runs(1000, 100)
def test_granger_keeps_its_size_where_the_variance_changes(n: int) -> None:
    def rejects(draws: np.random.Generator) -> bool:
        found = granger(weekly(draws, 0.0), cause="cause", effect="effect", lags=2, covariance="HC1")
        return found.p_value < 0.05

    check(share(rejects, n), n, 0.03, 0.09)


@runs(1000, 100)
def test_the_response_of_granger_holds_the_truth(n: int) -> None:
    def holds(draws: np.random.Generator) -> bool:
        found = granger(weekly(draws, 0.5), cause="cause", effect="effect", lags=1, covariance="HC1")
        return found.response_lower <= 0.5 <= found.response_upper

    check(share(holds, n), n, 0.92, 0.98)


@runs(2000, 200)
@pytest.mark.parametrize(("clusters", "least", "most"), [(60, 0.04, 0.09), (8, 0.08, 0.35)])
def test_a_joint_test_needs_more_clusters_than_effects(
    n: int, clusters: int, least: float, most: float
) -> None:
    """With eight clusters and four effects even the F test rejects too often: the bounds say how often."""

    def rejects(draws: np.random.Generator) -> bool:
        sample = draws.normal(size=(clusters, 4))
        covariance = np.cov(sample, rowvar=False) / clusters
        return joint_test(sample.mean(axis=0), covariance, clusters - 1.0).p_value < 0.05  # type: ignore[operator]

    check(share(rejects, n), n, least, most)


@runs(2000, 200)
@pytest.mark.parametrize("pairs", [4, 15])
def test_the_ratio_of_paired_counts_holds_the_truth(n: int, pairs: int) -> None:
    """Counts are whole numbers, as of people expelled, so the logarithm is not quite normal."""

    def holds(draws: np.random.Generator) -> bool:
        provocation = np.round(draws.lognormal(3, 0.7, pairs)) + 1
        answer = np.maximum(1, np.round(provocation * draws.lognormal(np.log(0.8), 0.4, pairs)))
        found = proportionality(answer, provocation)
        return found.lower <= 0.8 <= found.upper

    check(share(holds, n), n, 0.92, 0.98)


def acts_of(draws: np.random.Generator, n_days: int, rate: float) -> list[date]:
    """Acts in packages of one to four a day, in a first half that is twice as busy."""
    busy = np.where(np.arange(n_days) < n_days // 2, 2.0, 1.0)
    packages = draws.poisson(rate * busy)
    return [
        START + timedelta(days=day)
        for day in range(n_days)
        for _ in range(packages[day])
        for _ in range(draws.integers(1, 5))
    ]


def steps_of(draws: np.random.Generator, n_days: int) -> list[date]:
    """About twenty steps of a calendar, on working days, more of them in the first half."""
    chance = np.where(np.arange(n_days) < n_days // 2, 0.04, 0.02) * (np.arange(n_days) % 7 < 5)
    return [START + timedelta(days=int(day)) for day in np.flatnonzero(draws.random(n_days) < chance)]


@runs(600, 60)
def test_coincidence_keeps_its_size_by_days_with_packages_and_a_busy_half(n: int) -> None:
    blocks = shift_blocks(START, 728, block_days=91)

    def rejects(draws: np.random.Generator) -> bool:
        found = coincidence(
            acts_of(draws, 728, 0.06), steps_of(draws, 728), START, START + timedelta(days=727),
            days_before=1, days_after=3, blocks=blocks, null="shift", n_permutations=199, rng=draws,
        )  # fmt: skip
        return found.p_value_days <= 0.05

    check(share(rejects, n), n, 0.02, 0.08)


@runs(600, 60)
def test_the_order_of_steps_and_acts_keeps_its_size(n: int) -> None:
    blocks = shift_blocks(START, 728, block_days=91)

    def rejects(draws: np.random.Generator) -> bool:
        found = step_lags(
            acts_of(draws, 728, 0.06), steps_of(draws, 728), START, START + timedelta(days=727),
            within_days=14, blocks=blocks, n_permutations=199, rng=draws,
        )  # fmt: skip
        return found.p_value_after <= 0.05

    check(share(rejects, n), n, 0.02, 0.08)


@runs(600, 60)
def test_pairs_that_follow_keep_their_size_in_bursts_of_their_own(n: int) -> None:
    blocks = shift_blocks(START, 728, block_days=91)

    def burst(draws: np.random.Generator) -> np.ndarray:
        """A side that follows its own acts within days, and nobody else's."""
        counts = draws.poisson(0.05, 728).astype(float)
        for day in np.flatnonzero(counts):
            counts[day : day + 4] += draws.poisson(0.2, len(counts[day : day + 4]))
        return counts

    def rejects(draws: np.random.Generator) -> bool:
        found = pairs_following(
            burst(draws), burst(draws), days_from=1, days_to=7, blocks=blocks, n_permutations=199, rng=draws
        )
        return found.p_value <= 0.05

    check(share(rejects, n), n, 0.02, 0.08)


@runs(600, 60)
def test_transitions_keep_their_size_where_each_side_has_a_repertoire(n: int) -> None:
    def rejects(draws: np.random.Generator) -> bool:
        days = np.sort(draws.integers(0, 200, 60))  # several on a day
        sides = draws.integers(0, 2, 60)
        kinds = np.where(draws.random(60) < np.where(sides == 0, 0.8, 0.3), "words", "deeds")
        events = (
            pl.DataFrame({"day": days, "side": sides, "kind": kinds})
            .with_columns(pl.lit(START) + pl.duration(days=pl.col("day")))
            .select(pl.col("literal").alias("day"), "side", "kind")
        )
        found = transitions(
            events, state="kind", unit="side", day="day", successor="other", n_permutations=199, rng=draws
        ).table.filter((pl.col("state") == "deeds") & (pl.col("next_state") == "deeds"))
        return bool((found["p_value"] <= 0.05).any())

    check(share(rejects, n), n, 0.02, 0.08)


@runs(600, 60)
@pytest.mark.parametrize(("clusters", "least", "most"), [(2, 0.40, 0.80), (6, 0.75, 0.93), (60, 0.92, 0.98)])
def test_clustered_errors_of_ppml_hold_with_many_clusters_only(
    n: int, clusters: int, least: float, most: float
) -> None:
    """Normal intervals are short with few clusters, as the literature says; the fit gives their number."""

    def holds(draws: np.random.Generator) -> bool:
        cluster = np.repeat(np.arange(clusters), 240 // clusters)
        regressor = draws.normal(size=clusters)[cluster] + draws.normal(size=240)
        common = draws.normal(0, 0.5, clusters)[cluster]
        outcome = draws.poisson(np.exp(1 + 0.3 * regressor + common)).astype(float)
        frame = pl.DataFrame({"outcome": outcome, "regressor": regressor, "cluster": cluster})
        fit = fit_ppml(frame, outcome="outcome", regressors=["regressor"], clusters=["cluster"])
        assert fit.n_clusters == clusters
        reach = 1.96 * float(np.sqrt(fit.covariance[0, 0]))
        return bool(abs(fit.coefficients[0] - 0.3) <= reach)

    check(share(holds, n), n, least, most)


@runs(200, 10)
def test_limits_of_the_daily_bootstrap_hold_levels_and_links(n: int) -> None:
    """Percentile limits of a short record; over all parameters, and for the link alone, which is near its limit."""
    model = DailyModel(covariates=())
    truth = DailyParameters(
        np.array([[-2.5], [-2.5]]), np.array([[0.2, 0.1], [0.3, 0.2]]), np.full((2, 2), 2.0), np.zeros(2)
    )
    empty = DailyData(("A", "B"), START, np.zeros((600, 2)), {})
    held = []
    for seed in range(n):
        draws = np.random.default_rng([78, seed])
        data = simulate_daily(empty, model, truth, draws)
        table = bootstrap_daily(data, fit_daily(data, model), n_draws=60, rng=draws).table
        limits = {name: (low, high) for name, low, high in table["parameter", "lower", "upper"].iter_rows()}
        held.append([low <= TRUE[name] <= high for name, (low, high) in limits.items() if name in TRUE])
    shares = np.mean(held, axis=0)
    check(float(shares.mean()), n * len(shares), 0.85, 0.99)
    check(float(shares.min()), n, 0.80, 1.0)
