"""Whether one side's acts cluster around outside events more than chance would have it, and who comes first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import optimize, stats

from retorsion.dates import check_window
from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.arrays import only_days
from retorsion.estimators.compiled import compiled
from retorsion.estimators.long_run import long_run_variance
from retorsion.estimators.results import Interval, Result

__all__ = ["Coincidence", "StepLags", "coincidence", "rate_ratio", "step_lags", "who_is_first"]

Null = Literal["circular_shift", "within_block"]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]


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


@compiled
def _shifted_places(
    places: Whole, first: Whole, length: Whole, step: int, n_draws: int, rng: np.random.Generator
) -> Whole:
    """Days to which acts move when their block is shifted circularly, shape (draws, acts)."""
    out = np.empty((n_draws, len(places)), dtype=np.int64)
    for draw in range(n_draws):
        k = 0
        for b in range(len(first)):
            shift = step * rng.integers(0, max(1, length[b] // step))
            while k < len(places) and places[k] < first[b] + length[b]:
                out[draw, k] = first[b] + (places[k] - first[b] + shift) % length[b]
                k += 1
    return out


@compiled
def _shuffled_near(
    weights: Whole,
    first: Whole,
    n_in_pool: Whole,
    pool_days: Whole,
    pool_near: Whole,
    n_draws: int,
    rng: np.random.Generator,
) -> Whole:
    """Acts and active days near an event when each pool's active days are drawn anew, shape (draws, 2)."""
    out = np.zeros((n_draws, 2), dtype=np.int64)
    for draw in range(n_draws):
        for pool in range(len(first)):
            left, near = pool_days[pool], pool_near[pool]
            for k in range(first[pool], first[pool] + n_in_pool[pool]):
                if rng.random() * left < near:
                    out[draw, 0] += weights[k]
                    out[draw, 1] += 1
                    near -= 1
                left -= 1
    return out


def _day_counts(acts: Sequence[date], start: date, n_days: int) -> Whole:
    inside = [place for day in only_days(acts, "acts") if 0 <= (place := (day - start).days) < n_days]
    if not inside:
        raise NotEstimable(
            f"No act is recorded in the {n_days} days from {start}, so there is nothing to coordinate."
        )
    return np.bincount(inside, minlength=n_days).astype(np.int64)


def _event_places(events: Sequence[date], start: date, n_days: int) -> Whole:
    places = sorted(
        {place for day in only_days(events, "events") if 0 <= (place := (day - start).days) < n_days}
    )
    if not places:
        raise NotEstimable(f"No event is recorded in the {n_days} days from {start} to coordinate with.")
    return np.array(places, dtype=np.int64)


def _near(events: Whole, n_days: int, before: int, after: int) -> Flags:
    """Whether each day is from ``before`` days before an event to ``after`` days after it."""
    age = np.arange(n_days)[:, None] - events[None, :]
    return np.asarray(((age >= -before) & (age <= after)).any(axis=1))


def _checked(start: date, end: date, blocks: Whole) -> int:
    check_window(start, end)
    n_days = (end - start).days + 1
    if len(blocks) != n_days:
        raise ParameterError(f"blocks: {len(blocks)} for {n_days} days. Number the block of each day")
    if np.any(np.diff(blocks) < 0):
        raise ParameterError("blocks: their numbers fall. Number the blocks in the order of their days")
    return n_days


def _block_edges(blocks: Whole) -> tuple[Whole, Whole]:
    """First day and length of each block."""
    _, first, length = np.unique(blocks, return_index=True, return_counts=True)
    return first.astype(np.int64), length.astype(np.int64)


def _drawn_near(
    counts: Whole,
    near: Flags,
    blocks: Whole,
    first_weekday: int,
    null: Null,
    n_draws: int,
    step_days: int,
    rng: np.random.Generator,
) -> Whole:
    """Acts and active days near an event in each draw, shape (draws, 2)."""
    active = np.flatnonzero(counts)
    if null == "circular_shift":
        moved = _shifted_places(active, *_block_edges(blocks), step_days, n_draws, rng)
        hit = near[moved]
        return np.column_stack([hit @ counts[active], hit.sum(axis=1)])
    weekend = (np.arange(len(counts)) + first_weekday) % 7 >= 5
    pools = 2 * blocks + weekend
    labels, pool_days = np.unique(pools, return_counts=True)
    pool_near = np.array([int(near[pools == label].sum()) for label in labels], dtype=np.int64)
    order = active[np.argsort(pools[active], kind="stable")]
    n_in_pool = np.array([int(np.sum(pools[order] == label)) for label in labels], dtype=np.int64)
    first = np.cumsum(n_in_pool) - n_in_pool
    return np.asarray(
        _shuffled_near(counts[order], first, n_in_pool, pool_days.astype(np.int64), pool_near, n_draws, rng)
    )


def coincidence(
    acts: Sequence[date],
    events: Sequence[date],
    start: date,
    end: date,
    *,
    days_before: int,
    days_after: int,
    blocks: Whole,
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
    n_days = _checked(start, end, blocks)
    counts = _day_counts(acts, start, n_days)
    places = _event_places(events, start, n_days)
    near = _near(places, n_days, days_before, days_after)
    drawn = _drawn_near(counts, near, blocks, start.weekday(), null, n_permutations, step_days, rng)
    observed = np.array([counts[near].sum(), (counts[near] > 0).sum()])
    p_value, p_value_days = (1 + np.sum(drawn >= observed, axis=0)) / (1 + n_permutations)
    expected, expected_days = drawn.mean(axis=0)
    return Coincidence(
        int(counts.sum()),
        int((counts > 0).sum()),
        len(places),
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


def rate_ratio(
    acts: Sequence[date],
    events: Sequence[date],
    start: date,
    end: date,
    *,
    days_before: int,
    days_after: int,
    blocks: Whole,
    level: float = 0.95,
) -> Interval:
    """Acts per day near an event over acts per day elsewhere in the same block.

    Each block has a level of its own, so a season in which events and acts crowd says nothing: it is the
    conditional Poisson estimate for strata. Acts come in packages and one day follows from the last, so the
    error is that of Newey and West (1987, Econometrica 55(3)) over as many days as are near an event, on
    the logarithmic scale. The interval uses Student's t, with a correction for the few spells of days near
    an event.

    Args:
        acts: day of each act, repeated for several acts of a day.
        events: days of the events.
        start: first day of the window.
        end: last day, included.
        days_before: days before an event that count as near it.
        days_after: days after it.
        blocks: number of the block of each day.
        level: confidence level.

    Raises:
        NotEstimable: no block has acts, days near an event and days that are not; or all acts of such blocks
            are near, or all far.
    """
    n_days = _checked(start, end, blocks)
    counts = _day_counts(acts, start, n_days)
    near = _near(_event_places(events, start, n_days), n_days, days_before, days_after)
    n_blocks = int(blocks.max()) + 1
    total, days, near_days, near_acts = (
        np.bincount(blocks, weights=values, minlength=n_blocks)
        for values in (counts, np.ones(n_days), near, counts * near)
    )
    tells = (total > 0) & (near_days > 0) & (near_days < days)
    here, everywhere = float(near_acts[tells].sum()), float(total[tells].sum())
    if not tells.any() or here in (0.0, everywhere):
        raise NotEstimable(
            f"Of {int(everywhere)} acts in blocks with days near an event and far from one, {int(here)} are "
            "near, so no ratio of rates can be given."
        )

    def expected_share(log_ratio: float) -> NDArray[np.float64]:
        weight = np.exp(log_ratio) * near_days
        return np.asarray(weight / (weight + days - near_days))

    estimate = float(
        optimize.brentq(lambda x: here - float((total * expected_share(x))[tells].sum()), -20, 20)
    )
    share = expected_share(estimate)
    inside = tells[blocks]
    mean = total[blocks] / (days + (np.exp(estimate) - 1) * near_days)[blocks]
    mean = mean * np.where(near, np.exp(estimate), 1.0)
    score = np.where(inside, (near - share[blocks]) * (counts - mean), 0.0)
    slope = float((total * share * (1 - share))[tells].sum())
    variance = float(long_run_variance(score, days_before + days_after + 1)) * n_days / slope**2
    told = near & inside
    n_spells = int(told[0]) + int(np.sum(told[1:] & ~told[:-1]))
    freedom = max(n_spells - 1, 1)
    half = float(stats.t.ppf(0.5 + level / 2, freedom) * np.sqrt(variance * n_spells / freedom))
    return Interval(
        float(np.exp(estimate)),
        float(np.exp(estimate - half)),
        float(np.exp(estimate + half)),
        level,
        "conditional Poisson within blocks, Newey-West",
    )


@dataclass(frozen=True)
class StepLags(Result):
    """How many days after the nearest event a side acts.

    Attributes:
        n_days: days on which the side acted.
        within_days: events further away than this are not counted.
        n_with_event: acting days with an event so near.
        n_same_day: of these, on the day of the event.
        n_after: of these, after the event: the event came first.
        n_before: of these, before it: the side came first.
        median: days from the event to the act; negative if the act came first; null without any.
        lower: lower limit of the median (order statistics); null where too few days hold the level.
        upper: upper limit.
        expected_after: days with the event first, or on the same day, by chance.
        p_value_after: share of draws with at least as many (one-sided).
        expected_before: days with the side first by chance.
        p_value_before: share of draws with at least as many (one-sided).
        distribution: frame lag_days, n_days, expected, from ``-within_days`` to ``within_days``.
    """

    n_days: int
    within_days: int
    n_with_event: int
    n_same_day: int
    n_after: int
    n_before: int
    median: float | None
    lower: float | None
    upper: float | None
    expected_after: float
    p_value_after: float
    expected_before: float
    p_value_before: float
    distribution: pl.DataFrame


def _nearest_lags(events: Whole, n_days: int) -> Whole:
    """Days from the nearest event to each day; the earlier of two that are equally near."""
    age = np.arange(n_days)[:, None] - events[None, :]
    # a day after an event is nearer to it than the same distance before another
    nearest = np.argmin(2 * np.abs(age) - (age > 0), axis=1)
    return np.asarray(age[np.arange(n_days), nearest])


def step_lags(
    acts: Sequence[date],
    events: Sequence[date],
    start: date,
    end: date,
    *,
    within_days: int,
    blocks: Whole,
    n_permutations: int,
    rng: np.random.Generator,
    step_days: int = 7,
    level: float = 0.95,
) -> StepLags:
    """Days from the nearest event to each day on which a side acted, against acts moved by chance.

    A day counts once, whatever the number of acts: those of a day are one package here. Chance is that of
    :func:`coincidence` with circular shifts.

    Args:
        acts: day of each act.
        events: days of the events.
        start: first day of the window.
        end: last day, included.
        within_days: furthest event that counts.
        blocks: number of the block of each day.
        n_permutations: number of draws.
        rng: source of randomness.
        step_days: shifts are multiples of this.
        level: of the limits of the median.

    Raises:
        NotEstimable: no act or no event in the window.
    """
    n_days = _checked(start, end, blocks)
    active = np.flatnonzero(_day_counts(acts, start, n_days))
    lags = _nearest_lags(_event_places(events, start, n_days), n_days)
    moved = lags[_shifted_places(active, *_block_edges(blocks), step_days, n_permutations, rng)]
    own = lags[active]
    counted = own[np.abs(own) <= within_days]
    first_after = ((moved >= 0) & (moved <= within_days)).sum(axis=1)
    first_before = ((moved < 0) & (moved >= -within_days)).sum(axis=1)
    n_after, n_before = int(np.sum(counted >= 0)), int(np.sum(counted < 0))
    grid = np.arange(-within_days, within_days + 1)
    limits = stats.quantile_test(counted, q=0, p=0.5).confidence_interval(level) if len(counted) else None
    return StepLags(
        len(active),
        within_days,
        len(counted),
        int(np.sum(counted == 0)),
        int(np.sum(counted > 0)),
        n_before,
        float(np.median(counted)) if len(counted) else None,
        float(limits.low) if limits and np.isfinite(limits.low) else None,
        float(limits.high) if limits and np.isfinite(limits.high) else None,
        float(first_after.mean()),
        float((1 + np.sum(first_after >= n_after)) / (1 + n_permutations)),
        float(first_before.mean()),
        float((1 + np.sum(first_before >= n_before)) / (1 + n_permutations)),
        pl.DataFrame(
            {
                "lag_days": grid,
                "n_days": [int(np.sum(counted == lag)) for lag in grid],
                "expected": [float((moved == lag).sum() / n_permutations) for lag in grid],
            }
        ),
    )


def who_is_first(
    acts: Sequence[date],
    steps: Mapping[str, Sequence[date]],
    *,
    own: str,
    days_before: int,
    days_after: int,
) -> pl.DataFrame:
    """Whose step comes first around each day on which a side acted.

    Around an acting day, steps from ``days_after`` days before it to ``days_before`` days after it are looked
    at (the same nearness as in :func:`coincidence`, seen from the act). The first is the one of the earliest
    day; where none is on an earlier day than the act, and none on its day, the side itself is first.

    Args:
        acts: days on which the side acted; each counts once.
        steps: days of the steps by the name of who took them.
        own: name of the side.
        days_before: an act may precede a step by so many days.
        days_after: an act may follow a step by so many days.

    Returns:
        Frame name, n_first (acting days around which this one's step is the earliest, alone or with others),
        n_first_alone, n_days (acting days with any step near). It has one row for each name of ``steps``
        and one for ``own``, most first.
    """
    acts = only_days(acts, "acts")
    steps = {name: only_days(days, f"steps of {name}") for name, days in steps.items()}
    names = [*steps, own]
    first, alone, n_days = dict.fromkeys(names, 0), dict.fromkeys(names, 0), 0
    for day in sorted(set(acts)):
        near = {
            name: min(inside)
            for name, days in steps.items()
            if (inside := [one for one in days if -days_before <= (day - one).days <= days_after])
        }
        if not near:
            continue
        n_days += 1
        near[own] = day
        earliest = min(near.values())
        leaders = [name for name, one in near.items() if one == earliest]
        for name in leaders:
            first[name] += 1
            alone[name] += len(leaders) == 1
    return pl.DataFrame(
        {
            "name": names,
            "n_first": [first[name] for name in names],
            "n_first_alone": [alone[name] for name in names],
            "n_days": [n_days] * len(names),
        },
        schema={"name": pl.String, "n_first": pl.Int64, "n_first_alone": pl.Int64, "n_days": pl.Int64},
    ).sort("n_first", "n_first_alone", "name", descending=[True, True, False])
