"""The escalation findings of one pair of states: what each estimate says, on which acts, and how sure.

Frames and options in, plain values and frames out. Everything about states, windows and choices of method
is in the options (section ``escalation`` of ``params.yaml``). What cannot be estimated becomes a statement,
``{"not_estimable": sentence}``, in the place of its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
import polars as pl
from scipy import stats

from analysis.errors import NotEstimable, ParameterError
from analysis.escalation import drivers
from analysis.escalation.acts import Pair, acts_between, count_formalised_once, daily_counts, root_acts
from analysis.escalation.coordination import Null, coincidence
from analysis.escalation.daily_hawkes import DailyData, DailyFit, DailyModel, branching_name, fit_daily
from analysis.escalation.daily_inference import (
    bootstrap,
    compare_models,
    intervals,
    likelihood_ratio,
    residual_tests,
    timing_test,
)
from analysis.escalation.estimates import plain
from analysis.escalation.intensity import intensity, net_balance, scale_agreement, whole_weeks
from analysis.escalation.permutation import shift_blocks
from analysis.escalation.reciprocity import granger
from analysis.escalation.regimes import Regimes, bootstrap_changes, dispersion_within, regimes
from analysis.escalation.replies import (
    WaitingCurve,
    answer_rate,
    candidate_links,
    in_kind_share,
    link_quality,
    proportionality,
    reply_speed,
    share,
    stated_links,
    waiting_curve,
    waiting_times,
)
from analysis.escalation.sensitivity import leave_one_source_out, sites_of_acts
from analysis.escalation.transitions import Successor, ladder_first, ladder_path, transitions

Options = Mapping[str, Any]
Frames = dict[str, pl.DataFrame]
Part = tuple[dict[str, Any], Frames]

#: Key under which a statement stands where a number cannot.
NOT_ESTIMABLE = "not_estimable"

#: The frames that each part gives, whatever the acts; a part without an estimate gives its statement.
FRAMES: Mapping[str, tuple[str, ...]] = {
    "record": ("acts",),
    "intensity": ("intensity", "balance"),
    "replies": ("links", "answer_rates", "waiting", "subjects", "candidates"),
    "excitation": ("branching", "models"),
    "regimes": ("regimes", "changes"),
    "transitions": ("transitions",),
    "ladder": ("ladder",),
    "coordination": ("coordination", "coordination_null"),
    "sensitivity": ("sensitivity",),
}

_NEEDED = (
    "act_id",
    "actor_code",
    "addressee_code",
    "act_date",
    "date_precision",
    "domain_type",
    "act_type",
    "n_subjects",
)
_CONTEXT = "context"


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
        stated = [(_day(s["start"]), _day(s["end"])) for s in self.option("recorded")]
        clipped = [(max(a, self.start), min(b, self.end)) for a, b in sorted(stated)]
        return [(a, b) for a, b in clipped if a <= b] if stated else [(self.start, self.end)]

    def dense(self) -> tuple[date, date]:
        """The part of the window that timing methods use.

        Raises:
            NotEstimable: it lies outside the window.
        """
        first, last = (_day(self.option("dense", key)) for key in ("start", "end"))
        start, end = max(first, self.start), min(last, self.end)
        if end < start:
            raise NotEstimable(
                f"The window {self.start} to {self.end} has no day of the span {first} to {last} in which "
                "acts were recorded without a gap, so nothing can be said about timing."
            )
        return start, end

    def with_acts(self, acts: pl.DataFrame) -> Case:
        """The same case on other acts (one row per act as recorded)."""
        counted = _counted(acts, self.scales[0])
        scale, above = self.option("hostile", "scale"), float(self.option("hostile", "above"))
        return replace(self, acts=acts, counted=counted, hostile=counted.filter(pl.col(scale) > above))


def _day(value: str | date) -> date:
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
    empty = Case(pair, start, end, chosen, chosen, chosen, replies, events, options)
    return empty.with_acts(chosen)


def escalation_findings(
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    *,
    pair: Pair,
    start: date,
    end: date,
    options: Options,
) -> tuple[dict[str, Any], Frames]:
    """All findings on who answers whom, how fast, in what kind, and when it changed.

    Args:
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``.
        pair: codes of the two sides; the order fixes the order of all results.
        start: first day of the window.
        end: last day.
        options: section ``escalation`` of ``params.yaml``.

    Returns:
        Plain values by part (``record``, ``intensity``, ``replies``, ``excitation``, ``regimes``,
        ``transitions``, ``ladder``, ``coordination``, ``sensitivity``) with ``headlines``, and the frames
        behind them by the names in :data:`FRAMES`. A part that cannot be estimated is
        ``{"not_estimable": sentence}``, and so are its frames.

    Raises:
        ParameterError: an option is missing or cannot be used.
    """
    case = make_case(acts, replies, events, pair=pair, start=start, end=end, options=options)
    parts: Mapping[str, Callable[[Case], Part]] = {
        "record": record_part,
        "intensity": intensity_part,
        "replies": replies_part,
        "excitation": excitation_part,
        "regimes": regimes_part,
        "transitions": transitions_part,
        "ladder": ladder_part,
        "coordination": coordination_part,
        "sensitivity": sensitivity_part,
    }
    found: dict[str, Any] = {"pair": list(pair), "window": {"start": start, "end": end}}
    frames: Frames = {}
    for name, part in parts.items():
        try:
            found[name], given = part(case)
        except NotEstimable as reason:
            found[name], given = {NOT_ESTIMABLE: str(reason)}, {}
        for frame in FRAMES[name]:
            frames[frame] = given.get(frame, _statement(found[name]))
    found["headlines"] = headlines(found)
    plain_values: dict[str, Any] = plain(found)
    return plain_values, frames


def _statement(part: Mapping[str, Any]) -> pl.DataFrame:
    """A frame that holds a part's statement instead of rows."""
    return pl.DataFrame({NOT_ESTIMABLE: [part.get(NOT_ESTIMABLE, "There is no row.")]})


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


def _or_statement(estimate: Callable[[], Any]) -> Any:
    """What ``estimate`` gives, or its statement that it cannot be had."""
    try:
        return estimate()
    except NotEstimable as reason:
        return {NOT_ESTIMABLE: str(reason)}


def _both_sides(case: Case, estimate: Callable[[str, str], Any]) -> dict[str, Any]:
    """An estimate for each actor and its addressee, or the statement why there is none."""
    a, b = case.pair
    return {actor: _or_statement(partial(estimate, actor, other)) for actor, other in ((a, b), (b, a))}


# --- the record ---------------------------------------------------------------------------------------------


def record_part(case: Case) -> Part:
    """What there is to count: acts of each side, how exactly dated, on how many sources.

    Returns:
        Numbers of acts by side and year, the recorded spans, and sources; frame ``acts`` with one row per
        counted act.
    """
    if case.acts.is_empty():
        raise NotEstimable(
            f"No act between {case.pair[0]} and {case.pair[1]} is recorded from {case.start} to {case.end}."
        )
    sites = sites_of_acts(case.acts)
    alone = sites.filter(pl.col("site").n_unique().over("act_id") == 1)
    by_year = (
        case.acts.group_by(pl.col("act_date").dt.year().alias("year"), "actor_code")
        .agg(pl.len().cast(pl.Int64).alias("n_acts"))
        .sort("year", "actor_code")
    )
    confidence = dict(case.acts.group_by("confidence_type").len().sort("confidence_type").iter_rows())
    marks = {m["id"]: m["label"] for m in case.option("marks")}
    dated = pl.concat(
        [
            case.acts.select(pl.col("act_id").alias("id"), pl.col("act_date").alias("date"), "actor_code"),
            case.events.select(
                pl.col("event_id").alias("id"), pl.col("event_date").alias("date"), "actor_code"
            ),
        ]
    ).filter(pl.col("id").is_in(list(marks)))
    found = {
        "n_acts": len(case.acts),
        "n_counted": len(case.counted),
        "n_hostile": len(case.hostile),
        "by_side": {
            side: {
                "n_acts": len(case.of(side, case.acts)),
                "n_counted": len(case.of(side, case.counted)),
                "n_hostile": len(case.of(side)),
                "n_month_only": len(case.of(side, case.acts).filter(pl.col("date_precision") == "month")),
                "n_words": len(case.of(side).filter(_is_words(case))),
            }
            for side in case.pair
        },
        "by_year": by_year,
        "confidence": confidence,
        "recorded": [{"start": a, "end": b} for a, b in case.spans()],
        "dense": _or_statement(lambda: dict(zip(("start", "end"), case.dense(), strict=True))),
        "n_sites": sites["site"].n_unique(),
        "n_acts_on_one_site": alone["act_id"].n_unique(),
        "marks": [
            {"date": day, "label": marks[name], "actor_code": actor}
            for name, day, actor in dated.sort("date", "id").iter_rows()
        ],
    }
    columns = ["act_id", "actor_code", "act_date", "date_precision", "domain_type", "act_type", "n_subjects"]
    is_hostile = pl.col("act_id").is_in(case.hostile["act_id"].to_list()).alias("is_hostile")
    return found, {"acts": case.counted.select(*columns, is_hostile, *case.scales)}


def _is_words(case: Case, column: str = "act_type") -> pl.Expr:
    return pl.col(column).is_in(list(case.option("words")))


# --- 1 intensity --------------------------------------------------------------------------------------------


def intensity_part(case: Case) -> Part:
    """Intensity of each side by period and scale, the balance, and whether the scale matters.

    Returns:
        Totals by side and scale, share of the first side with a bootstrap interval over weeks, peaks,
        agreement of scales; frames ``intensity`` (periods in which a side acted) and ``balance`` (months in
        which either did).
    """
    if case.counted.is_empty():
        raise NotEstimable(f"No act is recorded from {case.start} to {case.end}, so there is no intensity.")
    first, second = case.pair
    parts, agreement, peaks = [], [], []
    monthly = None
    for period in case.option("periods"):
        series = intensity(
            case.counted, case.pair, case.start, case.end, period=period, scales=case.scales
        ).with_columns(pl.lit(period).alias("period"))
        parts.append(series)
        agreement.append(
            scale_agreement(series, case.pair).with_columns(pl.lit(period).alias("period"))
            if len(case.scales) > 1
            else pl.DataFrame()
        )
        peaks.append(
            series.filter(pl.col("n_acts") > 0)
            .sort("actor_code", "scale", "sum", "period_start", descending=[False, False, True, False])
            .unique(["actor_code", "scale"], keep="first", maintain_order=True)
            .select("period", "actor_code", "scale", "period_start", "n_acts", "sum", "mean")
        )
        if period == "month":
            monthly = series
    if monthly is None:
        monthly = intensity(case.counted, case.pair, case.start, case.end, period="month", scales=case.scales)
    balance = net_balance(monthly, case.pair)
    total = {scale: float(case.hostile[scale].sum()) for scale in case.scales}
    totals = [
        {
            "actor_code": side,
            "scale": scale,
            "n_acts": len(own := case.of(side, case.counted)),
            "sum": own[scale].sum(),
            "mean": own[scale].mean(),
        }
        for scale in case.scales
        for side in case.pair
    ]
    shares = {scale: _or_statement(partial(_share_of_first, case, scale)) for scale in case.scales}
    final = {
        scale: float(values["cumulative_net"][-1])
        for (scale,), values in balance.group_by("scale", maintain_order=True)
    }
    ahead = {scale: first if net > 0 else second if net < 0 else None for scale, net in final.items()}
    agreed = (
        pl.concat([frame for frame in agreement if not frame.is_empty()]) if len(case.scales) > 1 else None
    )
    found = {
        "totals": totals,
        "share_of_first": shares,
        "balance": final,
        "ahead": ahead,
        "same_side_ahead_on_all_scales": len(set(ahead.values())) == 1,
        "agreement": agreed if agreed is not None else [],
        "peaks": pl.concat(peaks),
        "peak_agrees": {
            period: {
                side: chosen.filter(pl.col("actor_code") == side)["period_start"].n_unique() <= 1
                for side in case.pair
            }
            for period, chosen in zip(case.option("periods"), peaks, strict=True)
        },
        "n_months": balance["period_start"].n_unique(),
        "n_months_first_ahead": {
            scale: int((values["net"] > 0).sum())
            for (scale,), values in balance.group_by("scale", maintain_order=True)
        },
        "n_months_second_ahead": {
            scale: int((values["net"] < 0).sum())
            for (scale,), values in balance.group_by("scale", maintain_order=True)
        },
        "method": "sums per period on each scale; interval: bootstrap over weeks (percentiles)",
    }
    written = balance.with_columns(
        (pl.col("cumulative_net") / pl.col("scale").replace_strict(total, return_dtype=pl.Float64))
        .fill_nan(None)
        .alias("cumulative_net_share")
    ).filter((pl.col("first_sum") != 0) | (pl.col("second_sum") != 0))
    columns = [
        "period",
        "period_start",
        "n_days",
        "actor_code",
        "scale",
        "n_acts",
        "sum",
        "mean",
        "cumulative",
    ]
    return found, {
        "intensity": pl.concat(parts).filter(pl.col("n_acts") > 0).select(columns),
        "balance": written,
    }


def _weekly(case: Case, scale: str) -> np.ndarray:
    """Hostile sums per week of the recorded spans, shape (weeks, 2); weeks without acts included."""
    parts = []
    for start, end in case.spans():
        series = intensity(
            case.hostile, case.pair, start, end, period="week", scales=[scale], coarse_dates="include"
        )
        parts.append(np.column_stack([case.of(side, series)["sum"].to_numpy() for side in case.pair]))
    if not parts:
        raise NotEstimable(f"No recorded span lies in the window {case.start} to {case.end}.")
    return np.concatenate(parts)


def _check_both_act(case: Case) -> None:
    for side in case.pair:
        if case.of(side).is_empty():
            raise NotEstimable(
                f"{side} has no hostile act from {case.start} to {case.end}, so there are not two sides to "
                "compare."
            )


def _share_of_first(case: Case, scale: str) -> dict[str, Any]:
    """Share of the first side in the intensity of both, hostile acts only."""
    _check_both_act(case)
    weekly = _weekly(case, scale)
    total = weekly.sum()
    draws = case.rng(1).integers(0, len(weekly), (int(case.option("n_bootstrap")), len(weekly)))
    drawn = weekly[draws].sum(axis=1)
    known = drawn.sum(axis=1) > 0
    tail = (1 - case.level) / 2
    lower, upper = np.quantile(drawn[known, 0] / drawn[known].sum(axis=1), [tail, 1 - tail])
    return {
        "estimate": weekly[:, 0].sum() / total,
        "lower": lower,
        "upper": upper,
        "n": len(case.hostile),
        "n_weeks": len(weekly),
    }


# --- 2 replies ----------------------------------------------------------------------------------------------


def _linkable(case: Case) -> pl.DataFrame:
    """Acts as recorded, and events of one side that the other may answer, in the columns of a link."""
    first, second = case.pair
    other = pl.when(pl.col("actor_code") == first).then(pl.lit(second)).otherwise(pl.lit(first))
    events = case.events.filter(
        pl.col("actor_code").is_in(case.pair) & pl.col("event_date").is_between(case.start, case.end)
    ).select(
        pl.col("event_id").alias("act_id"),
        "actor_code",
        other.alias("addressee_code"),
        pl.col("event_date").alias("act_date"),
        "date_precision",
        pl.lit(_CONTEXT).alias("domain_type"),
        pl.col("event_type").alias("act_type"),
        pl.lit(None, dtype=case.acts.schema["n_subjects"]).alias("n_subjects"),
    )
    return pl.concat([case.acts.select(_NEEDED), events], how="vertical_relaxed")


def links_of(case: Case, answers: Sequence[str]) -> pl.DataFrame:
    """Stated links between the two sides whose ``answers_type`` is one of ``answers``.

    Returns:
        As :func:`analysis.escalation.replies.stated_links`, with answers_type, is_main, root_act_id (the act
        under which the answered one is counted), root_lag_days (from the day that act was announced) and
        is_deed (the reply does something rather than says something).
    """
    stated = case.replies.filter(pl.col("answers_type").is_in(list(answers)))
    linkable = _linkable(case)
    roots = dict(root_acts(case.acts).iter_rows())
    root_day = dict(case.acts.select("act_id", "act_date").iter_rows())
    root = pl.col("act_id").replace(roots)
    return (
        stated_links(linkable, stated)
        .filter(pl.col("actor_code") != pl.col("reply_actor_code"))
        .join(
            stated.select("reply_act_id", "act_id", "answers_type", "is_main"),
            on=["reply_act_id", "act_id"],
            maintain_order="left",
        )
        .with_columns(root.alias("root_act_id"))
        .with_columns(
            pl.col("root_act_id").replace_strict(root_day, default=None, return_dtype=pl.Date).alias("_day")
        )
        .with_columns(
            pl.when(pl.col("lag_days").is_not_null())
            .then((pl.col("reply_date") - pl.coalesce("_day", "act_date")).dt.total_days())
            .alias("root_lag_days"),
            (~_is_words(case, "reply_act_type")).alias("is_deed"),
            (~_is_words(case)).alias("answered_is_deed"),
        )
        .drop("_day")
    )


def _n_elsewhere(case: Case, links: pl.DataFrame) -> int:
    """Stated links of a counted reply that answer something outside the pair or the window."""
    own = case.replies.filter(pl.col("reply_act_id").is_in(case.acts["act_id"].to_list()))
    return len(own.join(links, on=["reply_act_id", "act_id"], how="anti"))


def _to_counted(links: pl.DataFrame) -> pl.DataFrame:
    """Links to the acts as counted, with the lag from the day the answered act was announced."""
    return links.select(
        "reply_act_id",
        pl.col("root_act_id").alias("act_id"),
        pl.col("root_lag_days").alias("lag_days"),
        "is_deed",
    )


def _times(case: Case, links: pl.DataFrame) -> pl.DataFrame:
    """Days until the first answer; what is unanswered is censored where its recorded span ends."""
    parts = []
    for start, end in case.spans():
        inside = case.hostile.filter(pl.col("act_date").is_between(start, end))
        timed = inside.filter(pl.col("date_precision") == "day")
        if not timed.is_empty():
            try:
                parts.append(waiting_times(inside, _to_counted(links), end))
            except NotEstimable:
                continue
    if not parts:
        raise NotEstimable("No hostile act with a known day is in the window, so no time to an answer.")
    return pl.concat(parts)


def _median_lag(links: pl.DataFrame, level: float) -> dict[str, Any]:
    """Median days from the act a source names to the first reply to it, limits from order statistics."""
    first = links.filter(pl.col("lag_days").is_not_null()).group_by("act_id").agg(pl.col("lag_days").min())
    lags = np.sort(first["lag_days"].to_numpy())
    if not len(lags):
        raise NotEstimable("No reply with known days is stated, so no lag.")
    limits = stats.quantile_test(lags, q=0, p=0.5).confidence_interval(level)
    return {
        "estimate": float(np.median(lags)),
        "lower": limits.low,
        "upper": limits.high,
        "n": len(lags),
        "n_same_day": int((lags == 0).sum()),
        "n_next_day": int((lags == 1).sum()),
        "longest": int(lags.max()),
    }


def _rates(case: Case, links: pl.DataFrame) -> pl.DataFrame:
    """Answer rates by side, by side and domain, in words and in deeds, and of provocations."""
    counted = _to_counted(links)
    within = int(case.option("replies", "within_days"))
    groups: list[pl.DataFrame] = []
    hostile = case.hostile.with_columns((~_is_words(case)).alias("is_deed"))
    if not hostile.is_empty():
        for by in (["actor_code"], ["actor_code", "domain_type"], ["actor_code", "is_deed"]):
            for answered, limit in (("ever", None), ("within", within), ("by deed", None)):
                used = counted.filter("is_deed") if answered == "by deed" else counted
                groups.append(
                    answer_rate(hostile, used, by=by, within_days=limit, level=case.level).with_columns(
                        pl.lit(answered).alias("answered")
                    )
                )
    events = _linkable(case).filter(
        (pl.col("domain_type") == _CONTEXT) & pl.col("act_type").is_in(list(case.option("provocations")))
    )
    if not events.is_empty():
        groups.append(
            answer_rate(events, links, by=["actor_code", "domain_type"], level=case.level).with_columns(
                pl.lit("ever").alias("answered")
            )
        )
    if not groups:
        raise NotEstimable("No hostile act is in the window, so no rate of answer.")
    # a limit at zero may come out as a number smaller than any processor agrees on
    groups = [group.with_columns(pl.col("rate", "lower", "upper").round(12)) for group in groups]
    columns = {"actor_code": pl.String, "domain_type": pl.String, "is_deed": pl.Boolean}
    whole = pl.concat(groups, how="diagonal").with_columns(
        *(pl.lit(None, dtype=kind).alias(c) for c, kind in columns.items() if all(c not in g for g in groups))
    )
    rest = ["answered", "n_acts", "n_answered", "rate", "lower", "upper", "level"]
    return whole.select(*columns, *rest).sort(*columns, "answered")


def _rate(rates: pl.DataFrame, side: str, answered: str = "ever") -> dict[str, Any]:
    """The row of a side as a whole."""
    row = rates.filter(
        (pl.col("actor_code") == side)
        & pl.col("domain_type").is_null()
        & pl.col("is_deed").is_null()
        & (pl.col("answered") == answered)
    )
    if row.is_empty():
        raise NotEstimable(f"No hostile act of {side} is in the window, so no rate of answer.")
    values = row.row(0, named=True)
    return {
        "estimate": values["rate"],
        "lower": values["lower"],
        "upper": values["upper"],
        "n": values["n_acts"],
        "n_answered": values["n_answered"],
    }


def _replies_on(case: Case, links: pl.DataFrame) -> dict[str, Any]:
    """Everything that is said of replies, on one set of links."""
    if links.is_empty():
        raise NotEstimable("No such link is stated in the window.")
    rates = _rates(case, links)
    replies = _first_of_reply(links)
    for_deeds = replies.filter("answered_is_deed")

    def rate(answered: str) -> dict[str, Any]:
        return _both_sides(case, lambda actor, _: _rate(rates, actor, answered))

    def deeds(chosen: pl.DataFrame) -> dict[str, Any]:
        return _both_sides(
            case, lambda actor, _: _deed_share(chosen.filter(pl.col("reply_actor_code") == actor), case.level)
        )

    def lag(actor: str, _: str) -> dict[str, Any]:
        return _median_lag(links.filter(pl.col("reply_actor_code") == actor), case.level)

    def proportions(chosen: pl.DataFrame) -> dict[str, Any]:
        found = proportionality(chosen, level=case.level).to_dict()
        del found["ratios"]
        return found

    between_acts = pl.col("domain_type") != _CONTEXT
    counted = pl.col("root_act_id").is_in(case.hostile["act_id"].to_list())
    return {
        "n_links": len(links),
        "n_replies": len(replies),
        "n_answered": links["act_id"].n_unique(),
        "n_answered_events": links.filter(~between_acts)["act_id"].n_unique(),
        "n_answered_not_hostile": links.filter(between_acts & ~counted)["act_id"].n_unique(),
        "by_replier": {side: int((replies["reply_actor_code"] == side).sum()) for side in case.pair},
        "answer_rate": rate("ever"),
        "answer_rate_within": rate("within"),
        "answer_rate_by_deed": rate("by deed"),
        "within_days": case.option("replies", "within_days"),
        "median_lag_of_replier": _both_sides(case, lag),
        "waiting": _both_sides(case, lambda actor, _: _curve(case, links, actor)),
        "speed": _or_statement(partial(_speed, case, links)),
        "in_kind": _or_statement(partial(in_kind_share, links, level=case.level)),
        "in_kind_wide": _or_statement(partial(in_kind_share, _regrouped(case, links), level=case.level)),
        "deeds_of_replier": deeds(replies),
        "deeds_answering_deeds": deeds(for_deeds),
        "proportionality": _or_statement(partial(proportions, links.filter("is_same_type"))),
        "proportionality_any_type": _or_statement(partial(proportions, links.filter("is_main"))),
    }


def _deed_share(replies: pl.DataFrame, level: float) -> dict[str, Any]:
    n_deeds = int(replies["is_deed"].sum())
    found = share(n_deeds, len(replies), level=level)
    return {
        "estimate": found.estimate,
        "lower": found.lower,
        "upper": found.upper,
        "n": len(replies),
        "n_deeds": n_deeds,
    }


def _waiting_curve(case: Case, links: pl.DataFrame, actor: str) -> WaitingCurve:
    return waiting_curve(
        case.of(actor, _times(case, links)),
        level=case.level,
        min_answered=int(case.option("replies", "min_answered")),
    )


def _curve(case: Case, links: pl.DataFrame, actor: str) -> dict[str, Any]:
    """What the waiting curve says in numbers: the share answered by some days, and the median."""
    fitted = _waiting_curve(case, links, actor)
    answered_by = {}
    for days in case.option("replies", "answered_by_days"):
        until = fitted.curve.filter(pl.col("day") <= int(days))
        last = until.row(-1, named=True) if len(until) else None
        answered_by[str(days)] = {
            "estimate": 1 - last["unanswered"] if last else 0.0,
            "lower": 1 - last["upper"] if last and last["upper"] is not None else None,
            "upper": 1 - last["lower"] if last and last["lower"] is not None else None,
        }
    return {
        "n_acts": fitted.n_acts,
        "n_answered": fitted.n_answered,
        "median_days": fitted.median_days,
        "median_lower": fitted.median_lower,
        "median_upper": fitted.median_upper,
        "answered_by_days": answered_by,
    }


def _first_of_reply(links: pl.DataFrame) -> pl.DataFrame:
    """One row per reply: whether it is a deed, and whether any act it answers is one."""
    return (
        links.group_by("reply_act_id")
        .agg(pl.col("reply_actor_code").first(), pl.col("is_deed").first(), pl.col("answered_is_deed").any())
        .sort("reply_act_id")
    )


def _regrouped(case: Case, links: pl.DataFrame) -> pl.DataFrame:
    """Links in which "in kind" means the same of the wider groups."""
    group = {domain: name for name, domains in case.option("kind_groups").items() for domain in domains}
    named = {
        column: pl.col(column).replace_strict(group, default=pl.col(column), return_dtype=pl.String)
        for column in ("domain_type", "reply_domain_type")
    }
    return links.with_columns((named["domain_type"] == named["reply_domain_type"]).alias("is_in_kind"))


def _speed(case: Case, links: pl.DataFrame) -> dict[str, Any]:
    """Cox regression of the time to an answer on the side, the kind and the size of the act."""
    named = _times(case, links).with_columns(
        (pl.col("actor_code") == case.pair[1]).alias(f"act of {case.pair[1]}"),
        (~_is_words(case)).alias("a deed"),
        (pl.col("n_subjects").fill_null(0) + 1).log(2).alias("subjects doubled"),
        pl.len().over("actor_code", "act_date").log(2).alias("acts that day doubled"),
    )
    wanted = [f"act of {case.pair[1]}", "a deed", "subjects doubled", "acts that day doubled"]
    fitted = reply_speed(
        named,
        wanted,
        level=case.level,
        min_answered_per_covariate=int(case.option("replies", "min_answered")),
    )
    return fitted.to_dict()


def replies_part(case: Case) -> Part:
    """Replies: rates, lags, kinds and proportions, on named links, with the general ones as sensitivity.

    Returns:
        ``named`` and ``general`` (the same estimates on both sets), ``candidates`` (the rule that infers
        links, against the stated ones); frames ``links``, ``answer_rates``, ``waiting`` (Kaplan-Meier),
        ``subjects`` (counts of both acts of a link) and ``candidates``.
    """
    named, general = (links_of(case, case.option("replies", key)) for key in ("named", "general"))
    if general.is_empty():
        raise NotEstimable(
            f"No reply of {case.pair[0]} or {case.pair[1]} to the other is stated from {case.start} to "
            f"{case.end}."
        )
    candidates = [int(days) for days in case.option("replies", "candidate_lag_days")]
    found: dict[str, Any] = {
        "n_stated": len(general),
        "n_stated_naming_the_act": len(named),
        "n_stated_elsewhere": _n_elsewhere(case, general),
        "named": _or_statement(lambda: _replies_on(case, named)),
        "general": _replies_on(case, general),
        "method": "stated links; Wilson; Kaplan-Meier with censoring at the end of the record; Cox (Efron)",
    }
    frames: Frames = {"links": general}
    rates = [
        _rates(case, links).with_columns(pl.lit(name).alias("links"))
        for name, links in (("named", named), ("general", general))
        if not links.is_empty()
    ]
    frames["answer_rates"] = pl.concat(rates)
    curves = []
    for name, links in (("named", named), ("general", general)):
        for side in case.pair:
            try:
                fitted = _waiting_curve(case, links, side)
            except NotEstimable:
                continue
            curves.append(
                fitted.curve.with_columns(pl.lit(side).alias("actor_code"), pl.lit(name).alias("links"))
            )
    if curves:
        frames["waiting"] = pl.concat(curves)
    frames["subjects"] = general.filter(
        pl.col("n_subjects").is_not_null() & pl.col("reply_n_subjects").is_not_null() & pl.col("is_main")
    ).select(
        "reply_act_id", "act_id", "reply_actor_code", "actor_code", "reply_act_type", "act_type", "lag_days",
        "reply_n_subjects", "n_subjects", "answers_type",
        (pl.col("reply_n_subjects") / pl.col("n_subjects")).alias("ratio"),
    )  # fmt: skip
    known = set(case.acts["act_id"])
    between_acts = named.filter(pl.col("act_id").is_in(list(known)))
    quality = []
    for place, days in enumerate(candidates):
        inferred = candidate_links(case.acts, max_lag_days=days)
        if place == 0:
            frames["candidates"] = inferred
        scored = _or_statement(partial(link_quality, inferred, between_acts, level=case.level))
        quality.append({"max_lag_days": days, "n_candidates": len(inferred), **plain(scored)})
    found["candidates"] = quality
    return found, frames


# --- 3 mutual excitation ------------------------------------------------------------------------------------


def _driver(case: Case, name: str, start: date, end: date) -> np.ndarray:
    """One daily covariate from the context events."""
    options = case.option("excitation", "drivers", name)
    dates = case.events.filter(
        pl.col("event_type").is_in(list(options["event_types"])) & (pl.col("date_precision") == "day")
    )["event_date"].sort()
    shape = options["shape"]
    if shape == "around":
        return drivers.days_around(
            dates.to_list(), start, end, before=int(options["days_before"]), after=int(options["days_after"])
        )
    if shape == "decay":
        return drivers.decaying_response(
            dates.to_list(), start, end, half_life_days=float(options["half_life_days"])
        )
    if shape == "step":
        n_days = (end - start).days + 1
        return drivers.since(dates[0], start, end) if len(dates) else np.zeros(n_days)
    raise ParameterError(
        f"params.yaml, escalation.excitation.drivers.{name}: shape {shape!r} is unknown. Choose decay, step "
        "or around"
    )


def daily_data(case: Case, *, start: date | None = None, active_days: bool = False) -> DailyData:
    """Hostile acts of known day as daily counts of both sides on the dense span, with all drivers.

    Args:
        case: the case.
        start: another first day than that of the dense span.
        active_days: 1 for a day with any act.

    Raises:
        NotEstimable: no day or no act.
    """
    first, last = case.dense()
    first = max(start, case.start) if start else first
    if last < first:
        raise NotEstimable(f"The window ends on {last}, before {first}, so nothing can be said about timing.")
    dated = case.hostile.filter(pl.col("date_precision") == "day")
    return DailyData(
        case.pair,
        first,
        daily_counts(dated, case.pair, first, last, active_days=active_days),
        {name: _driver(case, name, first, last) for name in case.option("excitation", "drivers")},
    )


def _model(case: Case, variant: Mapping[str, Any], **changes: Any) -> DailyModel:
    low, high = case.option("excitation", "half_life_limits")
    given: dict[str, Any] = {
        "covariates": tuple(variant["drivers"]),
        "family": variant["family"],
        "decay_sharing": variant["half_life"],
        "half_life_limits": (float(low), float(high)),
    }
    return DailyModel(**(given | changes))


def _variant_data(case: Case, variant: Mapping[str, Any]) -> DailyData:
    start = _day(variant["start"]) if "start" in variant else None
    return daily_data(case, start=start, active_days=variant["family"] == "bernoulli")


def _fit(case: Case, data: DailyData, model: DailyModel) -> DailyFit:
    return fit_daily(data, model, min_acts=_least(case, "min_acts"), min_days=_least(case, "min_days"))


def _least(case: Case, key: str) -> int:
    return int(case.option("excitation", key))


def _link_rows(name: str, data: DailyData, fit: DailyFit, level: float) -> list[dict[str, Any]]:
    """Branching ratios and half-lives of one variant with profile intervals."""
    limits = intervals(data, fit, level=level, only=["branching", "half-life"])
    ends: dict[str, tuple[str | None, str | None]] = {
        branching_name(source, receiver): (source, receiver)
        for source in data.sides
        for receiver in data.sides
    }
    ends |= {f"half-life {side}": (None, side) for side in data.sides}
    kept = ("estimate", "lower", "upper", "level", "lower_is_bound", "upper_is_bound", "method")
    rows = []
    for row in limits.iter_rows(named=True):
        parameter = row["parameter"]
        source, receiver = ends.get(parameter, (None, None))
        rows.append(
            {
                "variant": name,
                "quantity": "branching" if source else "half_life_days",
                "source_code": source,
                "receiver_code": receiver,
                **{key: row[key] for key in kept},
                "n_acts": int(data.counts.sum()),
                "aic": fit.aic,
                "bic": fit.bic,
                "is_converged": fit.is_converged,
                "is_on_limit": parameter in fit.on_limit,
            }
        )
    return rows


def excitation_part(case: Case) -> Part:
    """Who excites whom: discrete-time self- and mutual excitation with and without outside events.

    Returns:
        Branching ratios, half-lives and tests for every variant; frames ``branching`` (variants by links,
        profile intervals) and ``models`` (comparison with baselines).
    """
    options = case.option("excitation")
    data = daily_data(case)
    variants: Mapping[str, Mapping[str, Any]] = options["variants"]
    main, free = options["with_driver"], options["without_driver"]
    fitted = _fit(case, data, _model(case, variants[main]))
    rows: list[dict[str, Any]] = []
    notes = {}
    for name, variant in variants.items():
        try:
            own = _variant_data(case, variant)
            rows += _link_rows(name, own, _fit(case, own, _model(case, variant)), case.level)
        except NotEstimable as reason:
            notes[name] = str(reason)
    branching = pl.DataFrame(rows, infer_schema_length=None)
    blocks = _blocks(case, data, options["timing"])

    def timing(source: str, receiver: str, variant: str) -> Any:
        return timing_test(
            data,
            _model(case, variants[variant]),
            source=source,
            receiver=receiver,
            blocks=blocks,
            half_lives=[float(days) for days in options["timing"]["half_lives"]],
            n_shifts=int(case.option("n_draws")),
            rng=case.rng(3, 2),
            min_acts=_least(case, "min_acts"),
            min_days=_least(case, "min_days"),
        )

    def ratio(source: str, receiver: str, variant: str) -> Any:
        model = _model(case, variants[variant])
        smaller = _fit(case, data, replace(model, without=((source, receiver),)))
        return likelihood_ratio(smaller, _fit(case, data, model))

    def crossed(estimate: Callable[[str, str, str], Any]) -> dict[str, Any]:
        return {
            f"{source}->{receiver}": {
                name: plain(_or_statement(partial(estimate, source, receiver, name))) for name in (main, free)
            }
            for source, receiver in (case.pair, case.pair[::-1])
        }

    def drawn() -> pl.DataFrame:
        n_draws = int(case.option("n_bootstrap"))
        return bootstrap(data, fitted, n_draws=n_draws, rng=case.rng(3, 3), level=case.level).table

    timed = crossed(timing)
    found = {
        "window": {"start": data.start, "end": data.end},
        "n_acts": _by_side(data, data.counts.sum(axis=0).astype(np.int64)),
        "n_active_days": _by_side(data, (data.counts > 0).sum(axis=0)),
        "with_driver": main,
        "without_driver": free,
        "drivers": {
            name: _by_side(data, fitted.parameters.effects[:, place + 1])
            for place, name in enumerate(fitted.model.covariates)
        },
        "links": {
            f"{source}->{receiver}": {
                name: _link(branching, name, source, receiver) for name in (main, free) if name not in notes
            }
            for source in case.pair
            for receiver in case.pair
        },
        "half_life_days": {name: _half_lives(branching, name) for name in (main, free) if name not in notes},
        "spectral_radius": fitted.parameters.spectral_radius,
        "told": {
            f"{source}->{receiver}": _told(branching, timed, main, free, source, receiver)
            for source, receiver in (case.pair, case.pair[::-1])
        },
        "timing": timed,
        "likelihood_ratio": crossed(ratio),
        "residuals": residual_tests(
            data,
            fitted,
            lags=int(options["residual_lags"]),
            n_draws=int(case.option("n_bootstrap")) - 1,
            rng=case.rng(3, 1),
        ).to_dict(),
        "bootstrap": _or_statement(drawn),
        "variants_not_estimable": notes,
        "granger": _granger(case),
        "method": "discrete-time Hawkes process of daily counts; profile likelihood; Newey-West",
    }
    models = _comparison(case, data, variants[main])
    scored = models.filter(pl.col("log_score").is_not_null()).sort("log_score", descending=True)
    found |= {
        "first_test_day": _first_test_day(case, data),
        "best_aic": models.sort("aic")["model"][0],
        "best_bic": models.sort("bic")["model"][0],
        "best_log_score": scored["model"][0] if len(scored) else None,
    }
    return found, {"branching": branching, "models": models}


def _by_side(data: DailyData, values: np.ndarray) -> dict[str, Any]:
    return dict(zip(data.sides, plain(values), strict=True))


def _link(branching: pl.DataFrame, variant: str, source: str, receiver: str) -> dict[str, Any]:
    row = branching.filter(
        (pl.col("variant") == variant)
        & (pl.col("source_code") == source)
        & (pl.col("receiver_code") == receiver)
    ).row(0, named=True)
    return {key: row[key] for key in ("estimate", "lower", "upper", "lower_is_bound", "n_acts")}


def _half_lives(branching: pl.DataFrame, variant: str) -> dict[str, Any]:
    """Half-life by receiving side; under "both" where there is one for all."""
    rows = branching.filter((pl.col("variant") == variant) & (pl.col("quantity") == "half_life_days"))
    kept = ("estimate", "lower", "upper", "lower_is_bound", "upper_is_bound", "is_on_limit")
    return {
        row["receiver_code"] or "both": {key: row[key] for key in kept} for row in rows.iter_rows(named=True)
    }


def _told(
    branching: pl.DataFrame,
    timing: Mapping[str, Mapping[str, Mapping[str, Any]]],
    main: str,
    free: str,
    source: str,
    receiver: str,
) -> dict[str, Any]:
    """What can be told of one direction: the interval without zero, and the timing not by chance."""
    rows = branching.filter((pl.col("source_code") == source) & (pl.col("receiver_code") == receiver)).select(
        "variant", "lower"
    )
    above = {name: bool(lower > 0) for name, lower in rows.iter_rows()}
    p_value = timing[f"{source}->{receiver}"][main].get("p_value")
    return {
        "with_driver": above.get(main, False),
        "without_driver": above.get(free, False),
        "n_variants": len(above),
        "n_variants_above_zero": sum(above.values()),
        "timing_p_value": p_value,
        "is_told": above.get(main, False) and p_value is not None and p_value < 0.05,
    }


def _blocks(case: Case, data: DailyData, options: Mapping[str, Any]) -> np.ndarray:
    breaks = case.events.filter(pl.col("event_type").is_in(list(options["break_event_types"])))["event_date"]
    return shift_blocks(
        data.start, data.n_days, block_days=int(options["block_days"]), breaks=sorted(breaks.to_list())
    )


def _first_test_day(case: Case, data: DailyData) -> date:
    """The stated day, or where it is not inside the window the one that leaves a third of it."""
    stated = _day(case.option("excitation", "first_test_day"))
    if data.start < stated < data.end:
        return stated
    return data.start + timedelta(days=2 * data.n_days // 3)


def _comparison(case: Case, data: DailyData, variant: Mapping[str, Any]) -> pl.DataFrame:
    """The model against Poisson baselines and against itself with less."""
    bare: dict[str, Any] = {"covariates": ()}
    models = {
        "constant rate, Poisson": _model(case, variant, family="poisson", links="none", **bare),
        "constant rate": _model(case, variant, links="none", **bare),
        "driver, Poisson": _model(case, variant, family="poisson", links="none"),
        "driver": _model(case, variant, links="none"),
        "driver and own acts": _model(case, variant, links="own"),
        "driver and the other's acts": _model(case, variant, links="other"),
        "all acts, no driver": _model(case, variant, **bare),
        "driver and all acts": _model(case, variant),
        "driver and all acts, Poisson": _model(case, variant, family="poisson"),
    }
    return compare_models(
        data,
        models,
        first_test_day=_first_test_day(case, data),
        n_refits=int(case.option("excitation", "n_refits")),
        min_acts=_least(case, "min_acts"),
        min_days=_least(case, "min_days"),
    )


def _granger(case: Case) -> list[dict[str, Any]]:
    """Granger tests of the weekly sums on each scale, both directions."""
    rows = []
    for scale in case.scales:
        for cause, effect in (case.pair, case.pair[::-1]):

            def test(c: str = cause, e: str = effect, s: str = scale) -> dict[str, Any]:
                start, end = whole_weeks(*case.dense())
                series = intensity(case.hostile, case.pair, start, end, period="week", scales=[s])
                wide = pl.DataFrame({side: case.of(side, series)["sum"] for side in case.pair})
                lags = int(case.option("excitation", "granger_lags"))
                return granger(
                    wide, cause=c, effect=e, lags=lags, covariance="HC1", level=case.level
                ).to_dict()

            rows.append({"scale": scale, "cause": cause, "effect": effect, **_or_statement(test)})
    return rows


# --- 4 regimes, transitions, ladder -------------------------------------------------------------------------


def _regime_series(case: Case, side: str, period: str) -> tuple[np.ndarray, list[date]]:
    start, end = case.dense()
    if period == "week":
        start, end = whole_weeks(start, end)
    series = case.of(
        side,
        intensity(case.hostile, case.pair, start, end, period=period, scales=case.scales[:1]),  # type: ignore[arg-type]
    )
    return series["n_acts"].to_numpy().astype(np.float64), series["period_start"].to_list()


def _regimes(
    case: Case, side: str, *, period: str, dispersion: float | None = None
) -> tuple[Regimes, list[date]]:
    options = case.option("regimes")
    counts, starts = _regime_series(case, side, period)
    size = {key: int(options[key]) for key in ("max_changes", "min_size")}
    if dispersion is None:
        dispersion = dispersion_within(counts, size["max_changes"], min_size=size["min_size"])
    fitted = regimes(
        counts, starts, dispersion=dispersion, level=case.level, min_acts=int(options["min_acts"]), **size
    )
    return fitted, starts


def regimes_part(case: Case) -> Part:
    """Change points of each side's number of hostile acts, with uncertainty.

    Returns:
        Changes and regimes by side, the same under other choices; frames ``regimes`` (segments of both
        sides) and ``changes``.
    """
    case.dense()
    period = str(case.option("regimes", "period"))
    segments, changes = [], []
    by_side: dict[str, Any] = {}
    for place, side in enumerate(case.pair):
        try:
            fitted, starts = _regimes(case, side, period=period)
        except NotEstimable as reason:
            by_side[side] = {NOT_ESTIMABLE: str(reason)}
            continue
        segments.append(fitted.segments.with_columns(pl.lit(side).alias("actor_code")))
        found = {
            "n_acts": fitted.n_acts,
            "n_periods": fitted.n_periods,
            "dispersion": fitted.dispersion,
            "n_changes": fitted.n_changes,
            "segments": fitted.segments,
            "other_choices": _changes_otherwise(case, side),
        }
        if fitted.n_changes:
            drawn = bootstrap_changes(
                fitted,
                starts,
                n_draws=int(case.option("n_bootstrap")),
                rng=case.rng(4, place),
                min_size=int(case.option("regimes", "min_size")),
                level=case.level,
            )
            limits = drawn.table.select(
                "change",
                pl.col("lower").alias("bootstrap_lower"),
                pl.col("upper").alias("bootstrap_upper"),
            )
            placed = fitted.changes.join(limits, on="change", maintain_order="left")
            changes.append(placed.with_columns(pl.lit(side).alias("actor_code")))
            found |= {"changes": placed, "share_of_draws_with_as_many": drawn.same_number}
        by_side[side] = found
    if not segments:
        raise NotEstimable(" ".join(dict.fromkeys(part[NOT_ESTIMABLE] for part in by_side.values())))
    method = (
        "Poisson change points by exact segmentation, likelihood divided by the dispersion; sets by the "
        "posterior of each change given its neighbours and by parametric bootstrap"
    )
    frames = {"regimes": pl.concat(segments)} | ({"changes": pl.concat(changes)} if changes else {})
    return {"period": period, "by_side": by_side, "method": method}, frames


def _changes_otherwise(case: Case, side: str) -> dict[str, Any]:
    """Dates of the changes by other periods, and with every package taken for independent acts."""
    choices: dict[str, tuple[str, float | None]] = {
        "weeks": ("week", None),
        "weeks, no overdispersion": ("week", 1.0),
        "months": ("month", None),
        "months, no overdispersion": ("month", 1.0),
    }

    def dates(period: str, dispersion: float | None) -> list[date]:
        fitted, _ = _regimes(case, side, period=period, dispersion=dispersion)
        return _change_dates(fitted)

    return {name: _or_statement(partial(dates, *choice)) for name, choice in choices.items()}


def _change_dates(fitted: Regimes) -> list[date]:
    return fitted.changes["period_start"].to_list()


def _rungs(case: Case) -> pl.DataFrame:
    rows = [
        {"act_type": kind, "rung": int(r["rung"]), "label": str(r["label"])}
        for r in case.option("ladder")
        for kind in r["act_types"]
    ]
    known = {row["act_type"] for row in rows}
    rows += [
        {"act_type": kind, "rung": None, "label": None}
        for kind in sorted(set(case.counted["act_type"]) - known)
    ]
    return pl.DataFrame(rows, schema={"act_type": pl.String, "rung": pl.Int64, "label": pl.String})


def transitions_part(case: Case) -> Part:
    """What follows what, on the rungs of the ladder, against a permutation of the kinds within each side.

    Returns:
        Number of transitions and those that differ from chance; frame ``transitions`` for the next act of
        either side and of the other side.
    """
    start, end = case.dense()
    acts = (
        case.hostile.filter(pl.col("act_date").is_between(start, end))
        .join(_rungs(case), on="act_type")
        .filter(pl.col("label").is_not_null())
    )
    options = case.option("transitions")
    tables, numbers = [], {}
    successors: tuple[Successor, ...] = ("any", "other")
    for place, successor in enumerate(successors):
        fitted = transitions(
            acts,
            kind="label",
            successor=successor,
            max_gap_days=int(options["max_gap_days"]),
            n_permutations=int(case.option("n_draws")),
            rng=case.rng(5, place),
            min_acts=int(options["min_acts"]),
        )
        tables.append(fitted.table.with_columns(pl.lit(successor).alias("successor")))
        numbers[successor] = {
            "n_acts": fitted.n_acts,
            "n_transitions": fitted.n_transitions,
            "n_pairs": int(fitted.table["q_value"].is_not_null().sum()),
            "n_unlike_chance": int((fitted.table["q_value"] < 0.05).fill_null(False).sum()),
            "unlike_chance": fitted.table.filter(pl.col("q_value") < 0.05).select(
                "kind", "next_kind", "n", "expected", "ratio", "q_value"
            ),
        }
    method = "weights divided among acts of one day; kinds permuted within each side; Benjamini-Hochberg"
    return {"successor": numbers, "method": method}, {"transitions": pl.concat(tables)}


def ladder_part(case: Case) -> Part:
    """How far up the ladder each side went, who was first on each rung.

    Returns:
        First dates by rung and side, types on no rung; frame ``ladder`` (highest rung of each active day).
    """
    if case.hostile.is_empty():
        raise NotEstimable("No hostile act is recorded in the window, so nobody stands on the ladder.")
    rungs = _rungs(case)
    start, end = case.dense()
    acts = case.hostile.filter(pl.col("act_date").is_between(start, end))
    if acts.is_empty():
        raise NotEstimable(
            f"No hostile act is recorded from {start} to {end}, so nobody stands on the ladder."
        )
    path = ladder_path(acts, rungs)
    found = {
        "window": {"start": start, "end": end},
        "rungs": [{"rung": int(r["rung"]), "label": str(r["label"])} for r in case.option("ladder")],
        "first": ladder_first(acts, rungs),
        "on_no_rung": sorted(rungs.filter(pl.col("rung").is_null())["act_type"]),
        "highest": {
            side: {
                "rung": int(own["highest"].max()),  # type: ignore[arg-type]
                "date": own.filter(pl.col("highest") == pl.col("highest").max())["act_date"][0],
                "days_from_first_act": (
                    own.filter(pl.col("highest") == pl.col("highest").max())["act_date"][0]
                    - own["act_date"][0]
                ).days,
            }
            for side in case.pair
            if not (own := case.of(side, path)).is_empty()
        },
        "method": "highest rung of each active day; the order of rungs is a choice, stated in the parameters",
    }
    labelled = (
        acts.join(rungs, on="act_type")
        .filter(pl.col("rung").is_not_null())
        .group_by("act_date", "actor_code", "rung", "label")
        .agg(pl.len().cast(pl.Int64).alias("n_acts"))
        .join(path.select("act_date", "actor_code", "highest"), on=["act_date", "actor_code"])
        .sort("act_date", "actor_code", "rung")
    )
    return found, {"ladder": labelled}


# --- 5 coordination -----------------------------------------------------------------------------------------


def coordination_part(case: Case) -> Part:
    """Acts of each side near steps of a group, against permutation nulls, and what is left.

    Returns:
        The main comparison by side, and answers among the acts near and far; frames ``coordination`` (all
        windows and nulls) and ``coordination_null`` (distribution of the main one).
    """
    options = case.option("coordination")
    before, main_days = int(options["days_before"]), int(options["main_days_after"])
    nulls: tuple[Null, ...] = ("circular_shift", "within_block")
    rows, distributions = [], []
    by_side: dict[str, Any] = {}
    for place, side in enumerate(case.pair):
        for after in sorted({*(int(days) for days in options["days_after"]), main_days}):
            for number, null in enumerate(nulls):
                is_main = after == main_days and number == 0
                try:
                    tested, distribution = _near(case, side, after, null, case.rng(6, place, after, number))
                except NotEstimable as reason:
                    if is_main:
                        by_side[side] = {NOT_ESTIMABLE: str(reason)}
                    continue
                rows.append({"actor_code": side, **tested})
                if is_main:
                    by_side[side] = tested | {"answers": _answers_near(case, side, before, after)}
                    distributions.append(distribution.with_columns(pl.lit(side).alias("actor_code")))
    if not rows:
        raise NotEstimable(" ".join(dict.fromkeys(part[NOT_ESTIMABLE] for part in by_side.values())))
    table = pl.DataFrame(rows, infer_schema_length=None)
    tests = {
        side: {
            "n": len(own := case.of(side, table)),
            "n_below_0_05": int((own["p_value"] < 0.05).sum()),
            "smallest_p_value": own["p_value"].min(),
        }
        for side in case.pair
    }
    kinds = list(options["event_types"])
    found = {
        "groups": sorted(case.events.filter(pl.col("event_type").is_in(kinds))["actor_code"].unique()),
        "days_before": before,
        "days_after": main_days,
        "by_side": by_side,
        "tests": tests,
        "method": "acts moved circularly within blocks by whole weeks; acts of one day kept together",
    }
    return found, {"coordination": table, "coordination_null": pl.concat(distributions)}


def _group_steps(case: Case) -> list[date]:
    """Days of the steps that acts may be coordinated with."""
    kinds = list(case.option("coordination", "event_types"))
    steps = case.events.filter(pl.col("event_type").is_in(kinds) & (pl.col("date_precision") == "day"))
    return steps["event_date"].sort().to_list()


def _near(
    case: Case, side: str, after: int, null: Null, rng: np.random.Generator
) -> tuple[dict[str, Any], pl.DataFrame]:
    """One comparison with chance, with the middle of the null distribution, and that distribution."""
    start, end = case.dense()
    options = case.option("coordination")
    dated = case.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    if len(dated) < int(options["min_acts"]):
        raise NotEstimable(
            f"{side} has {len(dated)} hostile acts of known day from {start} to {end}; at least "
            f"{options['min_acts']} are needed to tell coordination from chance."
        )
    blocks = shift_blocks(start, (end - start).days + 1, block_days=int(options["block_days"]))
    tested = coincidence(
        dated["act_date"].to_list(),
        _group_steps(case),
        start,
        end,
        days_before=int(options["days_before"]),
        days_after=after,
        blocks=blocks,
        null=null,
        n_permutations=int(case.option("n_draws")),
        rng=rng,
    )
    draws = np.repeat(tested.distribution["n_near"].to_numpy(), tested.distribution["n_draws"].to_numpy())
    tail = (1 - case.level) / 2
    values = tested.to_dict()
    del values["distribution"]
    limits = {
        "null_lower": int(np.quantile(draws, tail, method="lower")),
        "null_upper": int(np.quantile(draws, 1 - tail, method="higher")),
    }
    return values | limits, tested.distribution


def _answers_near(case: Case, side: str, before: int, after: int) -> dict[str, Any]:
    """Share of a side's acts that are stated answers to the other, among those near a step and the rest."""
    start, end = case.dense()
    near = drivers.days_around(_group_steps(case), start, end, before=before, after=after)
    days = [start + timedelta(days=int(place)) for place in np.flatnonzero(near)]
    answers = set(links_of(case, case.option("replies", "named"))["reply_act_id"])
    roots = dict(root_acts(case.acts).iter_rows())
    named = {roots.get(reply, reply) for reply in answers}
    own = case.of(side).filter(
        (pl.col("date_precision") == "day") & pl.col("act_date").is_between(start, end)
    )
    found = {}
    for name, chosen in (
        ("near", own.filter(pl.col("act_date").is_in(days))),
        ("far", own.filter(~pl.col("act_date").is_in(days))),
    ):
        n = int(chosen["act_id"].is_in(list(named)).sum())
        found[name] = plain(_or_statement(partial(share, n, len(chosen), level=case.level)))
        found[name] |= {"n": len(chosen), "n_answers": n}
    return found


# --- 6 sensitivity ------------------------------------------------------------------------------------------


def _measures(case: Case) -> dict[str, Callable[[Case], float]]:
    """The headline numbers as functions of a case."""
    a, b = case.pair
    variant = case.option("excitation", "variants", case.option("excitation", "with_driver"))
    named = case.option("replies", "named")

    def rate(side: str) -> Callable[[Case], float]:
        return lambda c: float(_rate(_rates(c, links_of(c, named)), side)["estimate"])

    def lag(side: str) -> Callable[[Case], float]:
        return lambda c: float(
            _median_lag(links_of(c, named).filter(pl.col("reply_actor_code") == side), c.level)["estimate"]
        )

    def deeds(side: str) -> Callable[[Case], float]:
        def measure(c: Case) -> float:
            own = _first_of_reply(links_of(c, named)).filter(pl.col("reply_actor_code") == side)
            return share(int(own["is_deed"].sum()), len(own), level=c.level).estimate

        return measure

    def kind(c: Case) -> float:
        return float(in_kind_share(links_of(c, named), level=c.level)["in_kind"][0])

    def branching(source: str, receiver: str) -> Callable[[Case], float]:
        def measure(c: Case) -> float:
            fit = _fit(c, _variant_data(c, variant), _model(c, variant))
            return float(fit.parameters.branching[c.pair.index(receiver), c.pair.index(source)])

        return measure

    def part_of(scale: str) -> Callable[[Case], float]:
        def measure(c: Case) -> float:
            _check_both_act(c)
            return float(c.of(a)[scale].sum()) / float(c.hostile[scale].sum())

        return measure

    return {
        f"share of {a} in intensity": part_of(case.scales[0]),
        f"rate at which {b} answers {a}": rate(a),
        f"rate at which {a} answers {b}": rate(b),
        f"median lag of {a} (days)": lag(a),
        f"median lag of {b} (days)": lag(b),
        "share of replies in kind": kind,
        f"share of deeds in the replies of {a}": deeds(a),
        f"share of deeds in the replies of {b}": deeds(b),
        f"acts of {b} set off by one of {a}": branching(a, b),
        f"acts of {a} set off by one of {b}": branching(b, a),
    }


def sensitivity_part(case: Case) -> Part:
    """Each headline number without each source it could hang on, and each weighted one on each scale.

    Returns:
        Range of each number over what was left out; frame ``sensitivity``.
    """
    if case.acts.is_empty():
        raise NotEstimable("No act is recorded in the window, so no number could hang on a source.")
    first_page = case.acts.with_columns(pl.col("source_urls").str.split(" ").list.first().alias("first_url"))
    sources = sites_of_acts(first_page, "first_url")
    parts = []
    summary: dict[str, Any] = {}
    for name, measure in _measures(case).items():
        table = leave_one_source_out(
            case.acts,
            lambda acts, m=measure: m(case.with_acts(acts)),  # type: ignore[misc]
            sources=sources,
            min_acts=int(case.option("sensitivity", "min_acts")),
        )
        whole = table["value"][0]
        left = table.slice(1)
        parts.append(
            table.select(
                pl.lit(name).alias("finding"),
                pl.lit("source left out").alias("varied"),
                pl.col("left_out").alias("choice"),
                "n_acts",
                "value",
                "change",
                "reason",
            )
        )
        if whole is None:
            summary[name] = {NOT_ESTIMABLE: table["reason"][0]}
            continue
        known = left.filter(pl.col("value").is_not_null())
        worst = known.sort(pl.col("change").abs(), "left_out", descending=[True, False])
        summary[name] = {
            "estimate": whole,
            "least": min(whole, *known["value"]) if len(known) else whole,
            "greatest": max(whole, *known["value"]) if len(known) else whole,
            "n_sources": len(left),
            "n_not_estimable": len(left) - len(known),
            "hangs_most_on": worst["left_out"][0] if len(worst) else None,
        }
    scales = _scale_rows(case)
    found = {
        "by_source": summary,
        "n_sources_left_out": max((s.get("n_sources", 0) for s in summary.values()), default=0),
        "method": "acts whose first page is of one site are left out, site by site",
    }
    return found, {"sensitivity": pl.concat([*parts, scales])}


def _scale_rows(case: Case) -> pl.DataFrame:
    """Numbers that weigh acts, on each scale."""
    a, b = case.pair
    rows: list[dict[str, Any]] = []
    for scale in case.scales:
        sums = {side: float(case.of(side)[scale].sum()) for side in case.pair}
        n = {side: len(case.of(side)) for side in case.pair}
        total = sum(sums.values())
        rows += [
            {"finding": f"share of {a} in intensity", "choice": scale, "n_acts": sum(n.values()),
             "value": sums[a] / total if total else None},
            {"finding": f"mean intensity of an act, {a} over {b}", "choice": scale, "n_acts": sum(n.values()),
             "value": (sums[a] / n[a]) / (sums[b] / n[b]) if n[a] and n[b] and sums[b] else None},
        ]  # fmt: skip
    schema = {"finding": pl.String, "choice": pl.String, "n_acts": pl.Int64, "value": pl.Float64}
    frame = pl.DataFrame(rows, schema=schema)
    return frame.with_columns(
        (pl.col("value") - pl.col("value").first().over("finding")).alias("change"),
        pl.lit("scale").alias("varied"),
        pl.when(pl.col("value").is_null()).then(pl.lit("A side has no hostile act.")).alias("reason"),
    ).select("finding", "varied", "choice", "n_acts", "value", "change", "reason")


# --- headlines ----------------------------------------------------------------------------------------------


def headlines(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The main numbers, each with its interval, sample, method and caveat; what is missing is left out.

    Args:
        found: the parts.

    Returns:
        Dicts finding, estimate, lower, upper, unit, n, method, caveat.
    """
    a, b = found["pair"]
    rows: list[dict[str, Any]] = []

    def add(finding: str, part: Any, *, unit: str, method: str, caveat: str) -> None:
        if not isinstance(part, Mapping) or part.get("estimate") is None:
            return
        numbers = {key: part.get(key) for key in ("estimate", "lower", "upper")}
        n = part.get("n", part.get("n_acts"))
        rows.append({"finding": finding, **numbers, "unit": unit, "n": n, "method": method, "caveat": caveat})

    shares = found["intensity"].get("share_of_first", {})
    add(
        f"share of {a} in the intensity of both",
        next(iter(shares.values()), None),
        unit="share",
        method="bootstrap over weeks",
        caveat="of what was reported, which is not all that was done",
    )
    named = found["replies"].get("named", {})
    for actor, replier in ((a, b), (b, a)):
        add(
            f"hostile acts of {actor} that {replier} answered",
            named.get("answer_rate", {}).get(actor),
            unit="share",
            method="Wilson",
            caveat="answered means that a source says so and names the act",
        )
    for replier in (a, b):
        add(
            f"median lag of the answers of {replier}",
            named.get("median_lag_of_replier", {}).get(replier),
            unit="days",
            method="order statistics",
            caveat="of answers only; the waiting curve counts what was never answered too",
        )
        add(
            f"answers of {replier} that are deeds",
            named.get("deeds_of_replier", {}).get(replier),
            unit="share",
            method="Wilson",
            caveat="a source names the act more readily for a protest than for a measure",
        )
    main = found["excitation"].get("with_driver", "")
    for source, receiver in ((a, b), (b, a)):
        add(
            f"acts of {receiver} set off by one act of {source}",
            found["excitation"].get("links", {}).get(f"{source}->{receiver}", {}).get(main),
            unit="acts",
            method="profile likelihood",
            caveat="on later days only: the order of acts of one day is unknown",
        )
    for side in (a, b):
        near = found["coordination"].get("by_side", {}).get(side, {})
        if near.get("ratio") is None or not near["n_near"]:
            continue
        lowest, highest = near["null_lower"], near["null_upper"]
        add(
            f"acts of {side} near steps of the group, over chance",
            {
                "estimate": near["ratio"],
                "lower": near["n_near"] / highest if highest else None,
                "upper": near["n_near"] / lowest if lowest else None,
                "n": near["n_acts"],
            },
            unit="times",
            method="permutation within blocks",
            caveat="few steps are recorded, and those because they framed the acts",
        )
    return rows
