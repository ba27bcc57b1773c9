"""The acts of one pair in one window, with the options, in the forms the findings need; and statements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable, ParameterError
from retorsion.escalation.acts import Pair, acts_between, count_formalised_once, root_acts, undated_between
from retorsion.estimators.blocks import shift_blocks
from retorsion.findings import NOT_ESTIMABLE

Options = Mapping[str, Any]
Frames = dict[str, pl.DataFrame]
Part = tuple[dict[str, Any], Frames]


class _Section(dict[str, Any]):
    """A section of the parameters that knows its place, for the message when a key is not there."""

    def __init__(self, values: Mapping[str, Any], path: tuple[str, ...]) -> None:
        super().__init__(values)
        self.path = path

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise ParameterError(f"params.yaml has no {'.'.join((*self.path, key))!r}. Add it")
        value = super().__getitem__(key)
        return _Section(value, (*self.path, key)) if isinstance(value, Mapping) else value


@dataclass(frozen=True)
class Case:
    """The acts of one pair in one window, in the forms the parts of the analysis need.

    Attributes:
        pair: codes of the two sides.
        start: first day of the window.
        end: last day.
        acts: one row per act as recorded, announcements and decisions apart.
        counted: an announcement and what puts it into force once, on the first day, with the kind of its
            strongest act.
        hostile: those of ``counted`` to which an answer could be expected.
        replies: stated links.
        events: the calendar of context events.
        options: section ``escalation`` of ``params.yaml``.
        undated: acts of which only the vintage of a list that first shows them is known; no analysis counts
            them.
    """

    pair: Pair
    start: date
    end: date
    acts: pl.DataFrame
    counted: pl.DataFrame
    hostile: pl.DataFrame
    replies: pl.DataFrame
    events: pl.DataFrame
    options: Options
    undated: pl.DataFrame

    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
        return float(self.option("level"))

    @property
    def scales(self) -> list[str]:
        """Intensity scales, the main one first."""
        return list(self.option("scales"))

    def option(self, *path: str) -> Any:
        """An option by its keys from the outside in.

        Raises:
            ParameterError: it is not there.
        """
        value: Any = _Section(self.options, ("escalation",))
        for key in path:
            value = value[key]
        return value

    def rng(self, *place: int) -> np.random.Generator:
        """Randomness of one estimate, the same whatever else is computed."""
        return np.random.default_rng([int(self.option("seed")), *place])

    def of(self, actor: str, frame: pl.DataFrame | None = None) -> pl.DataFrame:
        """Rows of one side, of the hostile acts by default."""
        return (self.hostile if frame is None else frame).filter(pl.col("actor_code") == actor)

    def spans(self) -> list[tuple[date, date]]:
        """Spans of the window in which acts were looked for; the whole window if none is stated."""
        stated = [(day_of(s["start"]), day_of(s["end"])) for s in self.option("recorded")]
        clipped = [(max(a, self.start), min(b, self.end)) for a, b in sorted(stated)]
        return [(a, b) for a, b in clipped if a <= b] if stated else [(self.start, self.end)]

    def dense(self) -> tuple[date, date]:
        """The part of the window that timing methods use.

        Raises:
            NotEstimable: it lies outside the window.
        """
        first, last = (day_of(self.option("dense", key)) for key in ("start", "end"))
        start, end = max(first, self.start), min(last, self.end)
        if end < start:
            raise NotEstimable(
                f"The window {self.start} to {self.end} has no day of the span {first} to {last} in which "
                "acts were recorded without a gap, so nothing can be said about timing."
            )
        return start, end

    def breaks(self) -> list[date]:
        """Days of the events at which acts are known to jump; no test of timing moves acts across them."""
        kinds = list(self.option("blocks", "break_event_types"))
        return self.events.filter(pl.col("event_type").is_in(kinds))["event_date"].unique().sort().to_list()

    def blocks(self, start: date, n_days: int) -> NDArray[np.int64]:
        """Blocks of days within which tests of timing move acts, from ``start`` on.

        A block across a break would count the rise there as timing, so none crosses one.
        """
        block_days = int(self.option("blocks", "block_days"))
        return shift_blocks(start, n_days, block_days=block_days, breaks=self.breaks())

    def with_acts(self, acts: pl.DataFrame) -> Case:
        """The same case on other acts (one row per act as recorded)."""
        counted = _counted(acts, self.scales[0])
        scale, above = self.option("hostile", "scale"), float(self.option("hostile", "above"))
        return replace(self, acts=acts, counted=counted, hostile=counted.filter(pl.col(scale) > above))


def day_of(value: str | date) -> date:
    """A date of the options, which DVC wants in quotes."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def _counted(acts: pl.DataFrame, scale: str) -> pl.DataFrame:
    """Announcements and decisions as one act, of the kind of the strongest of them."""
    strongest = (
        acts.join(root_acts(acts), on="act_id")
        .sort("root_act_id", pl.col(scale).abs(), "act_date", "act_id")
        .unique("root_act_id", keep="last", maintain_order=True)
        .select(pl.col("root_act_id").alias("act_id"), "domain_type", "act_type")
    )
    return (
        count_formalised_once(acts)
        .drop("domain_type", "act_type")
        .join(strongest, on="act_id", how="left", maintain_order="left")
        .select(acts.columns)
    )


def make_case(
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    *,
    pair: Pair,
    start: date,
    end: date,
    options: Options,
) -> Case:
    """Select and prepare the acts of a pair.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``.
        pair: codes of the two sides.
        start: first day of the window.
        end: last day.
        options: section ``escalation`` of ``params.yaml``.

    Raises:
        ParameterError: a window that ends before it starts, or a pair of one state.
    """
    chosen = acts_between(acts, pair, start, end)
    undated = undated_between(acts, pair, start, end)
    empty = Case(pair, start, end, chosen, chosen, chosen, replies, events, options, undated)
    return empty.with_acts(chosen)


def estimated(found: Mapping[str, Any], *path: str) -> Any:
    """A value of the findings by its keys from the outside in.

    Args:
        found: what :func:`escalation_findings` gave, also as read back from JSON.
        path: keys.

    Raises:
        NotEstimable: a statement stands on the way, or the findings have no such value.
    """
    value: Any = found
    for depth, key in enumerate(path):
        if isinstance(value, Mapping) and NOT_ESTIMABLE in value:
            raise NotEstimable(value[NOT_ESTIMABLE])
        if not isinstance(value, Mapping) or value.get(key) is None:
            raise NotEstimable(f"The findings have no {' / '.join(path[: depth + 1])}.")
        value = value[key]
    if isinstance(value, Mapping) and NOT_ESTIMABLE in value:
        raise NotEstimable(value[NOT_ESTIMABLE])
    return value


def or_statement(estimate: Callable[[], Any]) -> Any:
    """What ``estimate`` gives, or its statement that it cannot be had."""
    try:
        return estimate()
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}


def both_sides(case: Case, estimate: Callable[[str, str], Any]) -> dict[str, Any]:
    """An estimate for each actor and its addressee, or the statement why there is none."""
    a, b = case.pair
    return {actor: or_statement(partial(estimate, actor, other)) for actor, other in ((a, b), (b, a))}


def is_verbal(case: Case, column: str = "act_type") -> pl.Expr:
    """Whether the act of a type in ``column`` says something rather than does something."""
    return pl.col(column).is_in(list(case.option("words")))
