"""Whether one side's acts cluster around outside events more than chance would have it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.dates import check_window
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.results import Result

__all__ = ["Coincidence", "coincidence"]

Null = Literal["circular_shift", "within_block"]


@dataclass(frozen=True)
class Coincidence(Result):
    """Acts near events, against chance.

    Attributes:
        n_acts: acts in the window.
        n_active_days: days with an act.
        n_events: events.
        days_before: days before an event that count as near.
        days_after: days after it.
        null: how chance is drawn.
        n_permutations: number of draws.
        n_near: acts near an event.
        expected: their mean number in the draws.
        ratio: of the two; null if none is expected.
        p_value: share of draws, the true one included, with at least as many acts near (one-sided).
        n_near_days: active days near an event.
        expected_days: their mean number in the draws.
        p_value_days: as ``p_value``, by days: a package of acts on one day then counts once.
        n_far: acts not near any event, which are left for another reading.
        distribution: frame n_near, n_draws: in how many draws so many acts are near.
    """

    n_acts: int
    n_active_days: int
    n_events: int
    days_before: int
    days_after: int
    null: str
    n_permutations: int
    n_near: int
    expected: float
    ratio: float | None
    p_value: float
    n_near_days: int
    expected_days: float
    p_value_days: float
    n_far: int
    distribution: pl.DataFrame


def _shifted(
    counts: NDArray[np.int64], blocks: list[NDArray[np.int64]], step: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Counts shifted circularly within each block by a random number of steps."""
    moved = counts.copy()
    for block in blocks:
        shift = step * int(rng.integers(0, max(1, len(block) // step)))
        moved[block] = np.roll(counts[block], shift)
    return moved


def _shuffled(
    counts: NDArray[np.int64], pools: list[NDArray[np.int64]], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Counts shuffled among the days of each pool, packages kept together."""
    moved = counts.copy()
    for pool in pools:
        moved[pool] = counts[rng.permutation(pool)]
    return moved


def coincidence(
    acts: Sequence[date],
    events: Sequence[date],
    start: date,
    end: date,
    *,
    days_before: int,
    days_after: int,
    blocks: NDArray[np.int64],
    null: Null,
    n_permutations: int,
    rng: np.random.Generator,
    step_days: int = 7,
) -> Coincidence:
    """Acts within a few days of an event, against a permutation null that moves the acts.

    Either null keeps how many acts each block has, and keeps acts of one day together. Shifting circularly
    also keeps their spacing, and with a step of seven days their weekdays; shuffling keeps apart working
    days and weekends.

    Args:
        acts: day of each act, repeated for several acts of a day.
        events: days of the events.
        start: first day of the window.
        end: last day, included.
        days_before: days before an event that count as near it.
        days_after: days after an event that count as near it.
        blocks: number of the block of each day
            (:func:`retorsion.estimators.blocks.shift_blocks`). Blocks so short that their level of
            acts is steady, and that begin anew where it jumps, keep a rise that events and acts share from
            counting as coordination.
        null: how to move the acts within each block.
        n_permutations: number of draws.
        rng: source of randomness.
        step_days: shifts are multiples of this.

    Raises:
        NotEstimable: no act or no event in the window.
    """
    check_window(start, end)
    n_days = (end - start).days + 1
    if len(blocks) != n_days:
        raise ParameterError(f"blocks: {len(blocks)} for {n_days} days. Number the block of each day")
    inside = [day for day in acts if start <= day <= end]
    near_window = [day for day in events if start <= day <= end]
    if not inside:
        raise NotEstimable(f"No act is recorded from {start} to {end}, so there is nothing to coordinate.")
    if not near_window:
        raise NotEstimable(f"No event is recorded from {start} to {end} to coordinate with.")
    counts = np.bincount([(day - start).days for day in inside], minlength=n_days).astype(np.int64)
    age = np.arange(n_days)[:, None] - np.array([(day - start).days for day in near_window])[None, :]
    near = ((age >= -days_before) & (age <= days_after)).any(axis=1)
    members = [np.flatnonzero(blocks == label) for label in np.unique(blocks)]
    if null == "within_block":
        weekend = (np.arange(n_days) + start.weekday()) % 7 >= 5
        members = [m[weekend[m] == kind] for m in members for kind in (False, True)]
    drawn = np.empty((n_permutations, 2))
    for draw in range(n_permutations):
        moved = (
            _shuffled(counts, members, rng)
            if null == "within_block"
            else _shifted(counts, members, step_days, rng)
        )
        drawn[draw] = moved[near].sum(), (moved[near] > 0).sum()
    observed = np.array([counts[near].sum(), (counts[near] > 0).sum()])
    p_value, p_value_days = (1 + np.sum(drawn >= observed, axis=0)) / (1 + n_permutations)
    expected, expected_days = drawn.mean(axis=0)
    return Coincidence(
        int(counts.sum()),
        int((counts > 0).sum()),
        len(set(near_window)),
        days_before,
        days_after,
        null,
        n_permutations,
        int(observed[0]),
        float(expected),
        float(observed[0] / expected) if expected > 0 else None,
        float(p_value),
        int(observed[1]),
        float(expected_days),
        float(p_value_days),
        int(counts.sum() - observed[0]),
        pl.DataFrame({"n_near": drawn[:, 0].astype(np.int64)})
        .group_by("n_near")
        .agg(pl.len().cast(pl.Int64).alias("n_draws"))
        .sort("n_near"),
    )
