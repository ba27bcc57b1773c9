"""Whether one side's acts come in the days after the other's more often than chance has it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import floats
from retorsion.estimators.proportions import proportion
from retorsion.estimators.results import Interval, Result

__all__ = ["Following", "pairs_following", "pairs_power"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Following(Result):
    """Pairs of an act of the source and a later act of the receiver, against chance.

    Attributes:
        n_source: acts of the side that is followed.
        n_receiver: acts of the side that follows.
        days_from: least lag of a pair, in days.
        days_to: greatest lag.
        n_pairs: pairs within these lags.
        expected: their mean number in the draws.
        null_lower: lower limit of the draws, at ``level``.
        null_upper: upper limit of the draws.
        level: share of the draws between the limits.
        ratio: of pairs found and expected; null if none is expected.
        p_value: share of draws, the true series included, with at least as many pairs (one-sided).
        n_permutations: number of draws.
    """

    n_source: int
    n_receiver: int
    days_from: int
    days_to: int
    n_pairs: int
    expected: float
    null_lower: int
    null_upper: int
    level: float
    ratio: float | None
    p_value: float
    n_permutations: int


def pairs_following(
    source: Floats,
    receiver: Floats,
    *,
    days_from: int,
    days_to: int,
    blocks: Ints,
    n_permutations: int,
    rng: np.random.Generator,
    step_days: int = 7,
    level: float = 0.95,
) -> Following:
    """Count pairs of acts within some lags, and move the source's acts in time to see what chance gives.

    The source's series is shifted circularly within each block by whole steps. That keeps how much it acts in a
    block, the spacing of its acts and, with a step of seven days, their weekdays. The receiver's series stays as it
    is.

    Args:
        source: acts per day of the side that is followed.
        receiver: acts per day of the side that follows.
        days_from: least lag, one or more: the order of acts of one day is unknown.
        days_to: greatest lag.
        blocks: number of the block of each day (:func:`retorsion.estimators.blocks.shift_blocks`).
        n_permutations: number of draws.
        rng: source of randomness.
        step_days: shifts are multiples of this.
        level: share of the draws that the limits of chance hold.

    Raises:
        NotEstimable: a side has no act.
        ParameterError: lengths differ, or the lags cannot be used.
    """
    source, receiver = _checked(source, receiver, blocks, days_from, days_to)
    moved = _drawn_kernels(source, blocks, days_from, days_to, n_permutations, step_days, rng)
    observed = int(receiver @ _kernel(source, days_from, days_to))
    drawn = moved @ receiver
    tail = (1 - level) / 2
    expected = float(drawn.mean())
    return Following(
        int(source.sum()),
        int(receiver.sum()),
        days_from,
        days_to,
        observed,
        expected,
        int(np.quantile(drawn, tail, method="lower")),
        int(np.quantile(drawn, 1 - tail, method="higher")),
        level,
        observed / expected if expected > 0 else None,
        float((1 + np.sum(drawn >= observed)) / (1 + n_permutations)),
        n_permutations,
    )


def pairs_power(
    source: Floats,
    receiver: Floats,
    *,
    share: float,
    days_from: int,
    days_to: int,
    blocks: Ints,
    n_draws: int,
    n_permutations: int,
    rng: np.random.Generator,
    step_days: int = 7,
    level: float = 0.95,
    alpha: float = 0.05,
) -> Interval:
    """How often :func:`pairs_following` tells an effect of a stated size in records like the one at hand.

    In each drawn record the receiver's series is first moved as chance would move it. Then a share of the source's acts
    is drawn, and for each of them one of the receiver's acts is put on a day within the lags after it. Both sides keep
    their number of acts.

    Args:
        source: acts per day of the side that is followed.
        receiver: acts per day of the side that follows.
        share: of the source's acts that are followed by an act set off by them.
        days_from: as for :func:`pairs_following`.
        days_to: as for :func:`pairs_following`.
        blocks: as for :func:`pairs_following`.
        n_draws: records drawn.
        n_permutations: draws of chance in each test.
        rng: source of randomness.
        step_days: as for :func:`pairs_following`.
        level: confidence level of the interval (Wilson, for the number of draws).
        alpha: level of each test.

    Raises:
        NotEstimable: a side has no act, or the effect needs more acts than the receiver has.
    """
    source, receiver = _checked(source, receiver, blocks, days_from, days_to)
    n_answered = round(share * source.sum())
    if n_answered > receiver.sum():
        raise NotEstimable(
            f"If {share:g} of the {int(source.sum())} acts were followed by one set off by them, that would be more "
            f"than the {int(receiver.sum())} acts of the record."
        )
    moved = _drawn_kernels(source, blocks, days_from, days_to, n_permutations, step_days, rng)
    kernel = _kernel(source, days_from, days_to)
    acts = np.repeat(np.arange(len(source)), source.astype(np.int64))
    shifts = _Shifts(blocks, step_days)
    told = []
    for _ in range(n_draws):
        planted = _planted(shifts.moved(receiver, rng), acts, n_answered, days_from, days_to, rng)
        p_value = (1 + np.sum(moved @ planted >= planted @ kernel)) / (1 + n_permutations)
        told.append(bool(p_value < alpha))
    return proportion(sum(told), n_draws, level=level)


def _checked(
    source: Floats, receiver: Floats, blocks: Ints, days_from: int, days_to: int
) -> tuple[Floats, Floats]:
    """Both series as counts of acts."""
    source, receiver = (
        floats(counts, side, least=0, whole=True)
        for counts, side in ((source, "source"), (receiver, "receiver"))
    )
    if not len(source) == len(receiver) == len(blocks):
        raise ParameterError(
            f"{len(source)}, {len(receiver)} and {len(blocks)} days: do not match. Give both series and the blocks on "
            "the same days"
        )
    if not 1 <= days_from <= days_to:
        raise ParameterError(f"lags {days_from} to {days_to}: give a range of days from one on")
    if not source.sum() or not receiver.sum():
        raise NotEstimable("A side has no such act, so nothing can follow anything.")
    return source, receiver


def _kernel(source: Floats, days_from: int, days_to: int) -> Floats:
    """For each day, the source's acts within the lags before it."""
    kernel = np.zeros(len(source))
    for lag in range(days_from, min(days_to, len(source) - 1) + 1):
        kernel[lag:] += source[:-lag]
    return kernel


class _Shifts:
    """Circular shifts within blocks of days, each of which is a run of days."""

    def __init__(self, blocks: Ints, step_days: int) -> None:
        _, first, self._lengths = np.unique(blocks, return_index=True, return_counts=True)
        self._step_days = step_days
        self._first = np.repeat(first, self._lengths)
        self._length = np.repeat(self._lengths, self._lengths)
        self._within = np.arange(len(blocks)) - self._first

    def moved(self, series: Floats, rng: np.random.Generator) -> Floats:
        """A series shifted by a whole number of steps in each block."""
        steps = [int(rng.integers(0, max(1, length // self._step_days))) for length in self._lengths.tolist()]
        shift = np.repeat(self._step_days * np.array(steps), self._lengths)
        return np.asarray(series[self._first + (self._within - shift) % self._length])


def _drawn_kernels(
    source: Floats,
    blocks: Ints,
    days_from: int,
    days_to: int,
    n_permutations: int,
    step_days: int,
    rng: np.random.Generator,
) -> Floats:
    """The kernels of shifted sources, shape (draws, days)."""
    shifts = _Shifts(blocks, step_days)
    return np.stack([_kernel(shifts.moved(source, rng), days_from, days_to) for _ in range(n_permutations)])


def _planted(
    receiver: Floats, acts: Ints, n_answered: int, days_from: int, days_to: int, rng: np.random.Generator
) -> Floats:
    """The receiver's series with some of its acts put within the lags after acts of the source."""
    planted = receiver.copy()
    own = np.repeat(np.arange(len(receiver)), receiver.astype(np.int64))
    np.subtract.at(planted, rng.permutation(own)[:n_answered], 1.0)
    days = rng.permutation(acts)[:n_answered] + rng.integers(days_from, days_to + 1, n_answered)
    np.add.at(planted, np.minimum(days, len(receiver) - 1), 1.0)
    return planted
