"""The acts of one pair in one window, with the options, in the forms the findings need; and statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from itertools import product
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
        provocations: events of one side that the other may protest (overflights, drills, deployments, visits), in
            the columns of an act that units and links need, with the score of their type on each scale.
        coverage: rows of table ``coverage`` about the pair, without what was not searched.
        searched: spans in which words and deeds of both sides were searched for; empty if that is not recorded.
        yearly: acts of types that come every year, in the columns of ``acts``; they are recorded and not counted.
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
    provocations: pl.DataFrame
    coverage: pl.DataFrame | None = None
    searched: tuple[tuple[date, date], ...] = ()
    yearly: pl.DataFrame | None = None

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
        stated = self.searched or [(span.start, span.end) for span in self.asked.recorded]
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

    def roots(self) -> dict[str, str]:
        """Under which act each act is counted: the first of its chain of formalisations."""
        return dict(root_acts(self.acts).iter_rows())

    def scored(self, *, provocations: bool) -> pl.DataFrame:
        """Hostile acts in the columns of :attr:`provocations`, and on request the provocations with them.

        A provocation that the first scale does not count as hostile stays out, as an act would.
        """
        hostile = self.hostile.select(self.provocations.columns)
        if not provocations:
            return hostile
        limit = self.choices.hostile
        added = self.provocations.filter(pl.col(limit.scale) > limit.above)
        return pl.concat([hostile, added], how="vertical_relaxed").sort("act_date", "actor_code", "act_id")

    def with_sources(self, kinds: Sequence[str]) -> Record:
        """The same record on the acts and events that have a source of one of these kinds; on all if none is named."""
        if not kinds:
            return self
        # what has no page at all is a row of an official list
        own = pl.col("source_types").fill_null("official").str.split(";")
        attested = own.list.set_intersection(list(kinds)).list.len() > 0
        fewer = replace(self, provocations=self.provocations.filter(attested))
        return fewer.with_acts(self.acts.filter(attested))

    def with_yearly(self) -> Record:
        """The same record with the acts of types that come every year."""
        if self.yearly is None or self.yearly.is_empty():
            return self
        return self.with_acts(pl.concat([self.acts, self.yearly]).sort("act_date", "actor_code", "act_id"))

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
    coverage: pl.DataFrame | None = None,
) -> Record:
    """Select and prepare the acts of a pair.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``; of it, what is about the pair.
        types: table ``act_types``.
        case: what is asked of the pair.
        params: the choices that all cases share.
        coverage: table ``coverage``; without it the spans are those that the case states.
    """
    pair, window = case.pair, case.window
    chosen = acts_between(acts, pair, window.start, window.end)
    every = acts_between(acts, pair, window.start, window.end, yearly=True)
    undated = undated_between(acts, pair, window.start, window.end)
    concerned = events_about(events, pair, case.escalation.context)
    provoking = provocations(concerned, case=case, scales=params.escalation.scales)
    empty = Record(
        case, params, chosen, chosen, chosen, replies, concerned, types, undated, provoking,
        coverage=None if coverage is None else _searched(coverage, pair),
        searched=() if coverage is None else tuple(spans_searched(coverage, pair)),
        yearly=every.filter(~pl.col("act_id").is_in(chosen["act_id"].implode())),
    )  # fmt: skip
    return empty.with_acts(chosen)


def _searched(coverage: pl.DataFrame, pair: Pair) -> pl.DataFrame:
    """Rows about the pair; what a row says is complete to 0 % was not searched."""
    first, second = pair
    return coverage.filter(
        pl.col("completeness_pct").fill_null(100) > 0,
        ((pl.col("side_code") == first) & (pl.col("target_code") == second))
        | ((pl.col("side_code") == second) & (pl.col("target_code") == first)),
    )


def spans_searched(coverage: pl.DataFrame, pair: Pair) -> list[tuple[date, date]]:
    """Spans in which words and deeds of both sides were searched for.

    Args:
        coverage: table ``coverage``: side_code, target_code, kind_type, start_date, end_date, completeness_pct. What no
            row covers was not searched, nor what a row says is complete to 0 %: it is missing, not zero.
        pair: codes of the two sides.

    Returns:
        First and last days in order; spans that touch are one. Empty if no row is about the pair.
    """
    about = _searched(coverage, pair)
    days: set[date] | None = None
    for side, kind in product(pair, ("deeds", "words")):
        rows = about.filter((pl.col("side_code") == side) & (pl.col("kind_type") == kind))
        own = {
            start + timedelta(days=place)
            for start, end in rows.select("start_date", "end_date").iter_rows()
            for place in range((end - start).days + 1)
        }
        days = own if days is None else days & own
    spans: list[tuple[date, date]] = []
    for day in sorted(days or ()):
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans


def provocations(events: pl.DataFrame, *, case: Case, scales: Sequence[str]) -> pl.DataFrame:
    """Events that the other side may protest, scored as what they are.

    Args:
        events: table ``context_events``, in which a provocation has its intensity on each scale.
        case: names the pair and the window.
        scales: the scales.

    Returns:
        Frame act_id, package_id, actor_code, addressee_code, act_date, date_precision, domain_type, act_type,
        source_types and the scales, one row for an event, sorted.
    """
    first, second = case.pair
    towards = ((pl.col("actor_code") == first) & (pl.col("target_code") == second)) | (
        (pl.col("actor_code") == second) & (pl.col("target_code") == first)
    )
    inside = pl.col("event_date").is_between(case.window.start, case.window.end)
    return (
        events.filter(pl.col("is_provocation") & towards & inside)
        .select(
            pl.col("event_id").alias("act_id"),
            pl.col("event_id").alias("package_id"),
            "actor_code",
            pl.col("target_code").alias("addressee_code"),
            pl.col("event_date").alias("act_date"),
            "date_precision",
            pl.lit("context").alias("domain_type"),
            pl.col("event_type").alias("act_type"),
            "source_types",
            *scales,
        )
        .sort("act_date", "actor_code", "act_id")
    )


def both_sides(record: Record, estimate: Callable[[str, str], Any]) -> dict[str, Any]:
    """An estimate for each actor and its addressee, or the statement why there is none."""
    a, b = record.pair
    return {actor: or_statement(partial(estimate, actor, other)) for actor, other in ((a, b), (b, a))}


def is_verbal(record: Record, column: str = "act_type") -> pl.Expr:
    """Whether the act of a type in ``column`` says something rather than does something."""
    return pl.col(column).is_in(record.types.filter("is_verbal")["act_type"].to_list())


def day_done(announced: str) -> pl.Expr:
    """The day an act or event was done, or where no page states it, the day in the column ``announced``."""
    is_day = pl.col("done_basis").ne_missing("month")
    return pl.coalesce(pl.when(is_day).then(pl.col("done_date")), announced)
