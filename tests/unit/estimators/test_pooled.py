"""Pooled excitation of several pairs: nearer to the truth than pairs alone, and honest about what it does not know."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import polars as pl
import pytest
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators import (
    DailyData,
    DailyModel,
    DailyParameters,
    compare_pooled,
    fit_daily,
    fit_pooled,
    simulate_daily,
)

START = date(2020, 1, 1)
MODEL = DailyModel(half_life_days=3.0)


def drawn(
    n_pairs: int, seed: int, n_days: int, spread: float = 0.4
) -> tuple[dict[str, DailyData], dict[str, np.ndarray]]:
    """Pairs whose branching ratios scatter around .25 within a side and .15 between sides."""
    rng = np.random.default_rng(seed)
    pairs, truth = {}, {}
    for k in range(n_pairs):
        own, other = 0.25 * np.exp(rng.normal(0, spread, 2)), 0.15 * np.exp(rng.normal(0, spread, 2))
        branching = np.array([[own[0], other[0]], [other[1], own[1]]])
        parameters = DailyParameters(
            np.log(0.05 * np.exp(rng.normal(0, 0.5, 2)))[:, None],
            branching,
            np.full((2, 2), 3.0),
            np.zeros(2),
        )
        blank = DailyData(("A", "B"), START, np.zeros((n_days, 2)))
        pairs[f"pair {k:02d}"] = simulate_daily(blank, MODEL, parameters, rng)
        truth[f"pair {k:02d}"] = branching
    return pairs, truth


def errors(fit, truth) -> pl.DataFrame:
    rows = []
    for row in fit.pairs.filter(pl.col("kind").str.starts_with("branching")).iter_rows(named=True):
        source, receiver = row["parameter"].removeprefix("branching ").split("->")
        value = truth[row["pair"]]["AB".index(receiver), "AB".index(source)]
        rows.append(
            {
                "pooled": (row["estimate"] - value) ** 2,
                "alone": (row["alone"] - value) ** 2,
                "is_held": row["lower"] <= value <= row["upper"],
            }
        )
    return pl.DataFrame(rows)


def test_pooled_ratios_are_nearer_to_the_truth_and_intervals_hold_it() -> None:
    found, means = [], []
    for seed in range(4):
        pairs, truth = drawn(12, seed, 700)
        fit = fit_pooled(pairs, MODEL)
        assert fit.is_converged
        found.append(errors(fit, truth))
        means.append(dict(fit.kinds.select("kind", "mean").iter_rows()))
    middle = {kind: np.exp(np.mean([np.log(m[kind]) for m in means])) for kind in means[0]}
    assert middle["branching own"] == pytest.approx(0.25, rel=0.25)
    assert middle["branching other"] == pytest.approx(0.15, rel=0.25)
    assert middle["level"] == pytest.approx(0.05, rel=0.25)
    every = pl.concat(found)
    assert every["pooled"].mean() < 0.6 * every["alone"].mean()
    assert 0.86 <= every["is_held"].mean() <= 1.0


def test_pairs_with_many_acts_keep_their_own_estimates() -> None:
    many, _ = drawn(4, 1, 20_000)
    few = {f"few {k}": part for k, part in enumerate(drawn(4, 2, 300)[0].values())}
    fit = fit_pooled(many | few, MODEL)
    own = fit.pairs.filter(pl.col("kind") == "branching own")
    is_few = pl.col("pair").str.starts_with("few")
    assert own.filter(~is_few)["weight"].min() > own.filter(is_few)["weight"].max()
    rich = own.filter(~is_few)
    assert rich["estimate"].to_numpy() == pytest.approx(rich["alone"].to_numpy(), abs=0.03)
    alone = fit_daily(many["pair 00"], MODEL).parameters
    assert rich["alone"][0] == pytest.approx(alone.branching[0, 0], abs=1e-6)


def test_neither_the_order_nor_the_names_of_pairs_matter() -> None:
    pairs, _ = drawn(5, 3, 500)
    turned = dict(reversed(pairs.items()))
    renamed = {f"x{name}": data for name, data in pairs.items()}
    first, second, third = (fit_pooled(p, MODEL) for p in (pairs, turned, renamed))
    assert first.pairs.equals(second.pairs)
    assert first.pairs["estimate"].equals(third.pairs["estimate"])
    assert json.dumps(first.to_dict(), allow_nan=False)


def test_pooling_predicts_days_not_used_better_where_pairs_are_alike() -> None:
    pairs, _ = drawn(12, 4, 500, spread=0.2)
    table = compare_pooled(pairs, MODEL)
    total = table.filter(pl.col("pair").is_null()).row(0, named=True)
    assert total["gain"] > 0
    each = table.filter(pl.col("gain").is_not_null() & pl.col("pair").is_not_null())["gain"]
    assert total["gain"] == pytest.approx(each.sum())
    assert total["gain_se"] == pytest.approx(np.sqrt(len(each)) * each.std())
    assert total["n_test_days"] == 12 * 150


def test_what_cannot_be_pooled_is_said_in_a_sentence() -> None:
    pairs, _ = drawn(3, 5, 400)
    with pytest.raises(NotEstimable, match=r"2 pair\(s\) were given; pooling needs at least 3"):
        fit_pooled(dict(list(pairs.items())[:2]), MODEL)
    silent = DailyData(("A", "B"), START, np.column_stack([np.ones(50), np.zeros(50)]))
    with pytest.raises(NotEstimable, match="pair 'quiet': B never acts"):
        fit_pooled(pairs | {"quiet": silent}, MODEL)
    with pytest.raises(ParameterError, match="between 0 and 1"):
        compare_pooled(pairs, MODEL, test_share=1.0)
