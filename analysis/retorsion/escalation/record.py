"""The acts of one pair in one window, with the options, in the forms the findings need; and statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from retorsion.errors import NotEstimable
from retorsion.escalation.acts import Pair, acts_between, count_formalised_once, root_acts, undated_between
from retorsion.estimators.blocks import shift_blocks
from retorsion.findings import or_statement
from retorsion.params import Case, EscalationCase, EscalationChoices, Params
from retorsion.sources.states import state_name
from retorsion.tables.about_pair import events_about

Frames = dict[str, pl.DataFrame]
Part = tuple[dict[str, Any], Frames]


@dataclass(frozen=True)
class Record:
    """The acts of one pair in one window, in the forms the parts of the analysis need.

    Attributes:
        case: what is asked of the pair.
        params: the choices that all cases share.
        acts: one row per act as recorded, announcements and decisions apart.
        counted: an announcement and what puts it into force once, on the first day, with the kind of its
            strongest act.
        hostile: those of ``counted`` to which an answer could be expected.
        replies: stated links.
        events: the calendar of context events in which one of the sides acts or is acted upon.
        types: table ``act_types``.
        undated: acts of which only the vintage of a list that first shows them is known; no analysis counts
            them.
    """

    case: Case
    params: Params
    acts: pl.DataFrame
    counted: pl.DataFrame
    hostile: pl.DataFrame
    replies: pl.DataFrame
    events: pl.DataFrame
    types: pl.DataFrame
    undated: pl.DataFrame

    @property
    def pair(self) -> Pair:
        """Codes of the two sides."""
        return self.case.pair

    @property
    def names(self) -> Pair:
        """Names of the two sides, for sentences."""
        first, second = self.pair
        return state_name(first), state_name(second)

    @property
    def start(self) -> date:
        """First day of the window."""
        return self.case.window.start

    @property
    def end(self) -> date:
        """Last day of the window."""
        return self.case.window.end

    @property
    def asked(self) -> EscalationCase:
        """What is asked about the acts of this pair."""
        return self.case.escalation

    @property
    def choices(self) -> EscalationChoices:
        """The choices of method that all cases share."""
        return self.params.escalation

    @property
    def level(self) -> float:
        """Confidence level of all intervals."""
        return self.params.level

    @property
    def scales(self) -> list[str]:
        """Intensity scales, the main one first."""
        return list(self.choices.scales)

    def rng(self, *place: int) -> np.random.Generator:
        """Randomness of one estimate, the same whatever else is computed."""
        return np.random.default_rng([self.params.seed, *place])

    def of(self, actor: str, frame: pl.DataFrame | None = None) -> pl.DataFrame:
        """Rows of one side, of the hostile acts by default."""
        return (self.hostile if frame is None else frame).filter(pl.col("actor_code") == actor)

    def spans(self) -> list[tuple[date, date]]:
        """Spans of the window in which acts were looked for; the whole window if none is stated."""
        stated = [(span.start, span.end) for span in self.asked.recorded]
        clipped = [(max(a, self.start), min(b, self.end)) for a, b in sorted(stated)]
        return [(a, b) for a, b in clipped if a <= b] if stated else [(self.start, self.end)]

    def dense(self) -> tuple[date, date]:
        """The part of the window that timing methods use.

        Raises:
            NotEstimable: it lies outside the window.
        """
        first, last = self.asked.dense.start, self.asked.dense.end
        start, end = max(first, self.start), min(last, self.end)
        if end < start:
            raise NotEstimable(
                f"The window {self.start} to {self.end} has no day of the span {first} to {last} in which "
                "acts were recorded without a gap, so nothing can be said about timing."
            )
        return start, end

    def breaks(self) -> list[date]:
        """Days of the events at which acts are known to jump; no test of timing moves acts across them."""
        kinds = list(self.asked.break_event_types)
        return self.events.filter(pl.col("event_type").is_in(kinds))["event_date"].unique().sort().to_list()

    def blocks(self, start: date, n_days: int) -> NDArray[np.int64]:
        """Blocks of days within which tests of timing move acts, from ``start`` on.

        A block across a break would count the rise there as timing, so none crosses one.
        """
        return shift_blocks(start, n_days, block_days=self.choices.block_days, breaks=self.breaks())

    def with_acts(self, acts: pl.DataFrame) -> Record:
        """The same record on other acts (one row per act as recorded)."""
        counted = _counted(acts, self.scales[0])
        hostile = self.choices.hostile
        return replace(
            self, acts=acts, counted=counted, hostile=counted.filter(pl.col(hostile.scale) > hostile.above)
        )


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


def make_record(
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    types: pl.DataFrame,
    *,
    case: Case,
    params: Params,
) -> Record:
    """Select and prepare the acts of a pair.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``; of it, what is about the pair.
        types: table ``act_types``.
        case: what is asked of the pair.
        params: the choices that all cases share.
    """
    pair, window = case.pair, case.window
    chosen = acts_between(acts, pair, window.start, window.end)
    undated = undated_between(acts, pair, window.start, window.end)
    concerned = events_about(events, pair, case.escalation.context)
    empty = Record(case, params, chosen, chosen, chosen, replies, concerned, types, undated)
    return empty.with_acts(chosen)


def both_sides(record: Record, estimate: Callable[[str, str], Any]) -> dict[str, Any]:
    """An estimate for each actor and its addressee, or the statement why there is none."""
    a, b = record.pair
    return {actor: or_statement(partial(estimate, actor, other)) for actor, other in ((a, b), (b, a))}


def is_verbal(record: Record, column: str = "act_type") -> pl.Expr:
    """Whether the act of a type in ``column`` says something rather than does something."""
    return pl.col(column).is_in(record.types.filter("is_verbal")["act_type"].to_list())
