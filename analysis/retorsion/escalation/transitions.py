"""Sequences of acts: what follows what, and how far up the ladder each side has gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray
from statsmodels.stats.multitest import multipletests

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.results import Result

Floats = NDArray[np.float64]
Successor = Literal["any", "own", "other"]


def _successors(
    days: NDArray[np.int64], sides: NDArray[np.int64], successor: Successor, max_gap_days: int | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    """Pairs of acts (earlier, later) with weights: each act passes a weight of one to the next day's acts."""
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
        n_acts: acts in the sequence.
        n_transitions: acts that have a successor.
        n_permutations: permutations of the kinds.
        successor: whose acts may follow.
        table: frame kind, next_kind, n (may be a fraction: an act followed by several on one day passes a
            part to each), share (of what follows the kind), expected, ratio, p_value (two-sided), q_value
            (Benjamini & Hochberg 1995, JRSS B 57).
    """

    n_acts: int
    n_transitions: float
    n_permutations: int
    successor: str
    table: pl.DataFrame


def transitions(
    acts: pl.DataFrame,
    *,
    kind: str = "act_type",
    successor: Successor = "any",
    max_gap_days: int | None = None,
    within: str | None = None,
    n_permutations: int = 2000,
    rng: np.random.Generator,
    min_acts: int = 20,
) -> Transitions:
    """Transition matrix between kinds of act in the sequence of a dyad, against a permutation null.

    The order of acts on one day is unknown, so that an act is followed by the acts of the next day on
    which there are any; among several of them its weight of one is divided. The null keeps every date and
    side and shuffles the kinds among the acts of the same side, so that a difference is not due to what
    each side does most.

    Args:
        acts: one row per act, both sides, with actor_code, act_date and ``kind``; acts of which only the
            month is known are left out if date_precision is there.
        kind: column whose values follow one another.
        successor: "any" next act, the next of its "own" side, or the next of the "other" side.
        max_gap_days: leave out successors farther off.
        within: column; kinds are shuffled only among acts of one side that agree in it, for instance the
            regime, so that a change of repertoire over time does not pass for a sequence.
        n_permutations: number of permutations.
        rng: source of randomness.
        min_acts: fewest acts.

    Raises:
        NotEstimable: too few acts, one kind only, or no act with a successor.
    """
    if "date_precision" in acts.columns:
        acts = acts.filter(pl.col("date_precision") == "day")
    acts = acts.sort("act_date", "actor_code", "act_id")
    if len(acts) < min_acts:
        raise NotEstimable(
            f"{len(acts)} acts with a known day; at least {min_acts} are needed to see what follows what."
        )
    kinds = sorted(acts[kind].unique())
    if len(kinds) < 2:
        raise NotEstimable(f"All acts are of the same {kind}, so nothing can follow anything else.")
    m = len(kinds)
    label = acts[kind].replace_strict(kinds, range(m), return_dtype=pl.Int64).to_numpy()
    sides = acts["actor_code"].rank("dense").cast(pl.Int64).to_numpy()
    days = acts["act_date"].to_physical().cast(pl.Int64).to_numpy()
    before, after, weight = _successors(days, sides, successor, max_gap_days)
    if not len(before):
        raise NotEstimable("No act is followed by another, so there is no sequence.")
    strata = acts.select(pl.struct("actor_code", *([within] if within else [])).rank("dense")).to_series()
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
            "kind": np.repeat(kinds, m),
            "next_kind": np.tile(kinds, m),
            "n": observed,
            "share": part.ravel(),
            "expected": expected,
            "ratio": np.divide(observed, expected, out=np.full(m * m, np.nan), where=expected > 0),
            "p_value": np.where(possible, p_value, np.nan),
            "q_value": q_value,
        }
    ).with_columns(pl.col("ratio", "p_value", "q_value").fill_nan(None))
    return Transitions(len(acts), float(weight.sum()), n_permutations, successor, table)


def ladder_path(acts: pl.DataFrame, rungs: pl.DataFrame) -> pl.DataFrame:
    """How far up the escalation ladder each side has gone, day by day.

    Args:
        acts: one row per act, with actor_code, act_date, act_type.
        rungs: frame act_type, rung (whole number, higher is more severe; null for acts that are on no rung).

    Returns:
        Frame act_date, actor_code, rung (the highest of the side on that day), highest (so far),
        step (from the side's previous active day: positive up, null on its first day).

    Raises:
        ParameterError: an act type has no row in ``rungs``.
    """
    unknown = sorted(set(acts["act_type"]) - set(rungs["act_type"]))
    if unknown:
        raise ParameterError(f"rungs: no row for the act types {unknown}. Add them, with null for no rung")
    return (
        acts.join(rungs.select("act_type", "rung"), on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("act_date", "actor_code")
        .agg(pl.col("rung").max())
        .sort("actor_code", "act_date")
        .with_columns(
            pl.col("rung").cum_max().over("actor_code").alias("highest"),
            pl.col("rung").diff().over("actor_code").alias("step"),
        )
        .sort("act_date", "actor_code")
    )


def ladder_first(acts: pl.DataFrame, rungs: pl.DataFrame) -> pl.DataFrame:
    """When each side first stood on each rung, and which side was first.

    Args:
        acts: as for :func:`ladder_path`.
        rungs: frame act_type, rung.

    Returns:
        Frame rung, actor_code, first_date, n_acts, lead_days: days by which the other side followed
        (negative: was earlier; null if it never stood there). One row per rung and side that stood on it.
    """
    ladder_path(acts, rungs)  # checks that every act type is known
    first = (
        acts.join(rungs.select("act_type", "rung"), on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("rung", "actor_code")
        .agg(pl.col("act_date").min().alias("first_date"), pl.len().cast(pl.Int64).alias("n_acts"))
    )
    other = first.join(first, on="rung", suffix="_other").filter(
        pl.col("actor_code") != pl.col("actor_code_other")
    )
    lead = other.group_by("rung", "actor_code").agg(
        (pl.col("first_date_other").min() - pl.col("first_date").first()).dt.total_days().alias("lead_days")
    )
    return first.join(lead, on=["rung", "actor_code"], how="left").sort("rung", "first_date", "actor_code")
