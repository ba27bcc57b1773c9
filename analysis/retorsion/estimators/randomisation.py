"""What an estimate would be if the treatment had fallen on others, or come at another time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import comb
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.estimators.frames import Frame, as_polars, numbers, require_columns, require_complete
from retorsion.estimators.results import Result

__all__ = ["RandomisationTest", "randomisation_test"]

Paths = NDArray[np.float64]


@dataclass(frozen=True)
class RandomisationTest(Result):
    """An effect beside those of treatments that were not.

    Attributes:
        estimate: the effect of the actual treatment.
        p_value: share of assignments, the actual one included, whose effect is at least as large in absolute value.
        n_assignments: assignments whose effect could be computed, without the actual one.
        n_failed: assignments whose effect could not.
        is_exact: every assignment was taken, not a random choice of them.
        over: what was reassigned, ``units`` or ``periods``.
        distribution: frame effect, one row for each assignment.
    """

    estimate: float
    p_value: float
    n_assignments: int
    n_failed: int
    is_exact: bool
    over: str
    distribution: pl.DataFrame


def randomisation_test(
    frame: Frame,
    effect: Callable[[pl.DataFrame], float],
    *,
    treated: str,
    unit: str,
    period: str,
    over: Literal["units", "periods"] = "units",
    n_draws: int = 999,
    seed: int = 0,
) -> RandomisationTest:
    """Test of no effect at all by reassigning the treatment (Fisher 1935, The Design of Experiments).

    Over units, the units exchange their whole courses of treatment. Over periods, the treatment of all units
    is moved around in time together, which keeps its length and its pattern over units. Where there are no more
    assignments than draws, all are taken, and the test is exact if the assignment was random. With few treated
    units it is much more reliable than clustered errors (Young 2019, Quarterly Journal of Economics 134(2)).

    Args:
        frame: balanced panel, one row for each unit and period.
        effect: from the frame with the reassigned treatment to the estimate; it may raise NotEstimable.
        treated: numeric or boolean column with the treatment.
        unit: column with the unit.
        period: column with time.
        over: what to reassign.
        n_draws: most assignments.
        seed: of their random choice.

    Raises:
        NotEstimable: the actual effect, or fewer than nine others, can be computed.
        ParameterError: the panel is not balanced, or nobody or everybody is treated always.
    """
    table = as_polars(frame)
    require_columns(table, [treated, unit, period], "frame")
    if table.is_empty():
        raise NotEstimable("The frame has no rows, so nothing can be estimated.")
    require_complete(table, [treated, unit, period])
    table = table.sort(unit, period)
    n_units, n_periods = table[unit].n_unique(), table[period].n_unique()
    if (
        len(table) != n_units * n_periods
        or table.select(pl.struct(unit, period).is_duplicated().any()).item()
    ):
        raise ParameterError(
            f"{len(table)} rows for {n_units} units and {n_periods} periods: the panel is not balanced. Give one "
            "row for each unit and period"
        )
    paths = numbers(table, treated).to_numpy().reshape(n_units, n_periods)
    if not np.isfinite(paths).all():
        raise ParameterError(
            f"column {treated!r}: holds an infinite value. Give 1 under the treatment and 0 else"
        )
    if np.ptp(paths) == 0:
        raise ParameterError(f"column {treated!r}: is the same in all rows, so no other assignment exists")
    assignments, is_exact = (_over_units if over == "units" else _over_periods)(
        paths, n_draws, np.random.default_rng(seed)
    )
    actual = float(effect(table))
    if not np.isfinite(actual):
        raise NotEstimable("The effect of the actual treatment is not a finite number.")
    found: list[float] = []
    n_failed = 0
    dtype = table.schema[treated]
    for assigned in assignments:
        try:
            value = float(effect(table.with_columns(pl.Series(treated, assigned.ravel()).cast(dtype))))
        except NotEstimable:
            value = np.nan
        if np.isfinite(value):
            found.append(value)
        else:
            n_failed += 1
    if len(found) < 9:
        raise NotEstimable(
            f"The effect of {len(found)} other assignments can be computed; at least 9 are needed for a p-value "
            "of a tenth."
        )
    # rounding must not tell apart assignments that are the same by symmetry
    size = np.round(np.abs(found), 12)
    n_larger = int(np.sum(size >= np.round(abs(actual), 12)))
    return RandomisationTest(
        actual,
        (1 + n_larger) / (1 + len(found)),
        len(found),
        n_failed,
        is_exact,
        over,
        pl.DataFrame({"effect": found}),
    )


def _over_units(paths: Paths, n_draws: int, rng: np.random.Generator) -> tuple[Iterator[Paths], bool]:
    """Other ways of giving the units' courses to the units."""
    kinds, kind = np.unique(paths, axis=0, return_inverse=True)
    kind = kind.ravel()
    n = len(kind)
    counts = np.bincount(kind)
    total, left = 1, n
    for count in counts[:-1]:
        total *= comb(left, int(count))
        left -= int(count)
    if total - 1 <= n_draws:
        return (kinds[list(other)] for other in _arrangements(counts) if other != tuple(kind)), True

    def drawn() -> Iterator[Paths]:
        seen = {tuple(kind.tolist())}
        while True:
            other = rng.permutation(kind)
            if (name := tuple(other.tolist())) not in seen:
                seen.add(name)
                yield kinds[other]

    return islice(drawn(), n_draws), False


def _arrangements(counts: NDArray[np.int64]) -> Iterator[tuple[int, ...]]:
    """All distinct orders of a multiset, in lexicographic order."""
    if not counts.any():
        yield ()
        return
    for kind in np.flatnonzero(counts):
        rest = counts.copy()
        rest[kind] -= 1
        for tail in _arrangements(rest):
            yield (int(kind), *tail)


def _over_periods(paths: Paths, n_draws: int, rng: np.random.Generator) -> tuple[Iterator[Paths], bool]:
    """The treatment moved around in time, all units together."""
    shifts = [s for s in range(1, paths.shape[1]) if not np.array_equal(np.roll(paths, s, axis=1), paths)]
    is_exact = len(shifts) <= n_draws
    chosen = shifts if is_exact else sorted(rng.choice(shifts, n_draws, replace=False).tolist())
    return (np.roll(paths, s, axis=1) for s in chosen), is_exact
