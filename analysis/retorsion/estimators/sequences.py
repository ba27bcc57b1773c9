"""Sequences of dated events: what follows what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars, require_complete
from retorsion.estimators.results import Result

__all__ = ["Transitions", "transitions"]


Floats = NDArray[np.float64]
Successor = Literal["any", "own", "other"]


def _successors(
    days: NDArray[np.int64], sides: NDArray[np.int64], successor: Successor, max_gap_days: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs (earlier, later) with weights: each event passes a weight of one to those of the next day."""
    before: list[int] = []
    after: list[int] = []
    weight: list[float] = []
    for k in range(len(days)):
        later = days > days[k]
        if successor == "own":
            later &= sides == sides[k]
        elif successor == "other":
            later &= sides != sides[k]
        if not later.any():
            continue
        following = np.flatnonzero(later & (days == days[later].min()))
        if max_gap_days is not None and days[following[0]] - days[k] > max_gap_days:
            continue
        before += [k] * len(following)
        after += following.tolist()
        weight += [1 / len(following)] * len(following)
    return np.array(before, dtype=np.int64), np.array(after, dtype=np.int64), np.array(weight)


@dataclass(frozen=True)
class Transitions(Result):
    """What follows what, against chance.

    Attributes:
        n: events in the sequence.
        n_transitions: events that have a successor.
        n_permutations: permutations of the states.
        successor: whose events may follow.
        table: frame state, next_state, n (may be a fraction: an event followed by several on one day passes a
            part to each), share (of what follows the state), expected, ratio, p_value (two-sided), q_value
            (Benjamini & Hochberg 1995, JRSS B 57).
    """

    n: int
    n_transitions: float
    n_permutations: int
    successor: str
    table: pl.DataFrame


def transitions(
    events: Frame,
    *,
    state: str,
    unit: str,
    day: str,
    successor: Successor = "any",
    max_gap_days: int | None = None,
    within: str | None = None,
    n_permutations: int = 2000,
    rng: np.random.Generator,
    min_events: int = 20,
) -> Transitions:
    """Transition matrix between the states of dated events, against a permutation null.

    The order of events on one day is unknown, so an event is followed by the events of the next day on
    which there are any. Among several of them its weight of one is divided. The null keeps every day and
    unit and shuffles the states among the events of the same unit, so a difference is not due to what
    each unit does most.

    Args:
        events: one row for each event, of one or several units. Events of one unit and day are permuted
            in the order of the rows, so sort them by a name if the draws are to be repeated.
        state: column whose values follow one another, for instance the type of act.
        unit: column with who acts.
        day: column with the date.
        successor: "any" next event, the next of its "own" unit, or the next of any "other" unit.
        max_gap_days: leave out successors farther off.
        within: column; states are shuffled only among events of one unit that agree in it, for instance the
            regime, so that a change of repertoire over time does not pass for a sequence.
        n_permutations: number of permutations.
        rng: source of randomness.
        min_events: fewest events.

    Raises:
        NotEstimable: there are too few events, one state only, or no event has a successor.
        ParameterError: a column is absent.
    """
    columns = [state, unit, day, *([within] if within else [])]
    events = as_polars(events, columns, "events")
    require_complete(events, columns, "events")
    if events.schema[day] != pl.Date:
        raise ParameterError(f"column {day!r}: holds {events.schema[day]} and not dates. Cast it beforehand")
    events = events.sort(day, unit, maintain_order=True)
    if len(events) < min_events:
        raise NotEstimable(
            f"There are {len(events)} events; at least {min_events} are needed to see what follows what."
        )
    states = sorted(events[state].unique())
    if len(states) < 2:
        raise NotEstimable(f"All events are of the same {state}, so nothing can follow anything else.")
    m = len(states)
    label = events[state].replace_strict(states, range(m), return_dtype=pl.Int64).to_numpy()
    sides = events[unit].rank("dense").cast(pl.Int64).to_numpy()
    days = events[day].to_physical().cast(pl.Int64).to_numpy()
    before, after, weight = _successors(days, sides, successor, max_gap_days)
    if not len(before):
        raise NotEstimable("No event is followed by another, so there is no sequence.")
    strata = events.select(pl.struct(unit, *([within] if within else [])).rank("dense")).to_series()
    groups = [np.flatnonzero(strata.to_numpy() == s) for s in sorted(strata.unique())]

    def count(labels: NDArray[np.int64]) -> Floats:
        return np.bincount(labels[before] * m + labels[after], weights=weight, minlength=m * m).astype(
            np.float64
        )

    observed = count(label)
    drawn = np.empty((n_permutations, m * m))
    shuffled = label.copy()
    for draw in range(n_permutations):
        for group in groups:
            shuffled[group] = rng.permutation(label[group])
        drawn[draw] = count(shuffled)
    tolerance = 1e-9  # weights are fractions
    above = (1 + np.sum(drawn >= observed - tolerance, axis=0)) / (1 + n_permutations)
    below = (1 + np.sum(drawn <= observed + tolerance, axis=0)) / (1 + n_permutations)
    p_value = np.minimum(1.0, 2 * np.minimum(above, below))
    expected = drawn.mean(axis=0)
    possible = (expected > 0) | (observed > 0)
    q_value = np.full(m * m, np.nan)
    q_value[possible] = multipletests(p_value[possible], method="fdr_bh")[1]
    outgoing = observed.reshape(m, m).sum(axis=1, keepdims=True)
    part = np.divide(observed.reshape(m, m), outgoing, out=np.zeros((m, m)), where=outgoing > 0)
    table = pl.DataFrame(
        {
            "state": np.repeat(states, m),
            "next_state": np.tile(states, m),
            "n": observed,
            "share": part.ravel(),
            "expected": expected,
            "ratio": np.divide(observed, expected, out=np.full(m * m, np.nan), where=expected > 0),
            "p_value": np.where(possible, p_value, np.nan),
            "q_value": q_value,
        }
    ).with_columns(pl.col("ratio", "p_value", "q_value").fill_nan(None))
    return Transitions(len(events), float(weight.sum()), n_permutations, successor, table)
