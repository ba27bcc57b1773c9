"""Figures of the escalation findings; every title is a sentence made from the findings themselves.

Frames are the CSV files ``escalation_*`` of the findings, and parts are the values of ``escalation.json``
under the same names (:func:`retorsion.escalation.findings.escalation_findings`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from retorsion.figures.style import (
    CATEGORIES,
    FAINT,
    INK,
    MUTED,
    PAPER,
    RULE,
    SIDES,
    TEXT_SIZE,
    date_axis,
    direct_label,
    drawn,
    finish,
    mark_dates,
    new_figure,
)
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

mdates: Any = dates  # has no types
Part = Mapping[str, Any]
Pair = tuple[str, str]

_SMALL = TEXT_SIZE - 1
#: Days that an axis of waiting times names.
_DAYS = (0, 1, 3, 7, 14, 30, 90, 365, 1000)


def _names(pair: Sequence[str]) -> tuple[str, str]:
    return state_name(pair[0]), state_name(pair[1])


def _day(value: str | date) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _number(day: date) -> float:
    return float(mdates.date2num(day))


def _range(values: pl.Series) -> tuple[float, float]:
    """Least and greatest value, and zero."""
    known = values.drop_nulls().cast(pl.Float64).to_numpy()
    return float(known.min(initial=0.0)), float(known.max(initial=0.0))


def _month(value: str | date) -> str:
    return f"{_day(value):%B %Y}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times"


def _of(name: str) -> str:
    return f"{name}’" if name.endswith("s") else f"{name}’s"


def _plural(n: int, noun: str) -> str:
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def scale_name(scale: str) -> str:
    """Name of an intensity scale for reading, from the field dictionary: ``Goldstein``, ``equal weights``."""
    field = fields().get(scale)
    label = field.label if field is not None else scale
    return label.partition("(")[2].rstrip(")") or label


def _span_axes(record: Part, *, height: float) -> tuple[Figure, list[Axes]]:
    """One panel for each recorded span, as wide as it is long, so that silence is not drawn as calm."""
    spans = [(_day(span["start"]), _day(span["end"])) for span in record["recorded"]]
    days = [(end - start).days + 31 for start, end in spans]
    shares = [max(length / sum(days), 0.12) for length in days]
    figure, axes = new_figure(
        "wide", columns=len(spans), height=height, sharey=True, squeeze=False, width_ratios=shares
    )
    panels: list[Axes] = list(axes[0])
    for place, (panel, (start, end), share) in enumerate(zip(panels, spans, shares, strict=True)):
        panel.set_xlim(_number(start.replace(day=1)) - 10, _number(end) + 20)
        if share < 0.3:
            middle = start + (end - start) / 2
            panel.set_xticks([_number(middle)], [str(middle.year)])
        else:
            date_axis(panel, years=1)
        if place:
            panel.tick_params(axis="y", labelleft=False)
    return figure, panels


def _gap_note(record: Part) -> str:
    """What the breaks between the panels mean."""
    spans = record["recorded"]
    if len(spans) < 2:
        return ""
    day = timedelta(days=1)
    gaps = [
        f"{_month(_day(earlier['end']) + day)} to {_month(_day(later['start']) - day)}"
        for earlier, later in pairwise(spans)
    ]
    return f"; no record from {', '.join(gaps)}"


@drawn
def intensity_over_time(
    intensity: pl.DataFrame, record: Part, *, pair: Pair, scale: str, source: str
) -> Figure:
    """Monthly intensity of both sides, the first upwards and the second downwards, with marked events.

    Args:
        intensity: frame ``intensity``: period, period_start, actor_code, scale, n_acts, sum.
        record: part ``record``: recorded spans and marks.
        pair: codes of the two sides.
        scale: column of the scale that is drawn.
        source: source line.
    """
    monthly = intensity.filter((pl.col("period") == "month") & (pl.col("scale") == scale))
    by_side = [monthly.filter(pl.col("actor_code") == side) for side in pair]
    figure, panels = _span_axes(record, height=4.6)
    for rows, colour, sign in zip(by_side, SIDES, (1, -1), strict=True):
        middle = [start + timedelta(days=15) for start in rows["period_start"]]
        for panel in panels:
            panel.bar(middle, sign * rows["sum"].to_numpy(), width=26, color=colour, linewidth=0)
    (least, most), (least_down, most_down) = (_range(rows["sum"]) for rows in by_side)
    reach = max(most, -least_down, 1.0)
    low = -1.15 * max(most_down, -least, 0.35 * reach)
    for panel in panels:
        panel.axhline(0, color=INK, linewidth=1.2)
        panel.set_ylim(low, 1.12 * reach)
        panel.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    last = panels[-1]
    for name, other, colour, height in (
        (*_names(pair), SIDES[0], 0.97),
        (*_names(pair)[::-1], SIDES[1], 0.03),
    ):
        last.text(
            0.995,
            height,
            f"{name} towards {other}",
            color=colour,
            weight="bold",
            ha="right",
            va="top" if height > 0.5 else "bottom",
            transform=last.transAxes,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
        )
    _mark(panels, record)
    return finish(
        figure,
        title=_peak_title(by_side, pair),
        subtitle=f"Points on the {scale_name(scale)} scale per month, hostile acts minus conciliatory ones"
        + _gap_note(record),
        source=source,
        alt=(
            f"Bars by month: {_names(pair)[0]} upwards, {_names(pair)[1]} downwards. "
            + " ".join(_peak_words(rows, side) for rows, side in zip(by_side, pair, strict=True))
        ),
    )


def turning_points(record: Part) -> pl.DataFrame:
    """The acts and events that the parameters name, to be marked on axes of time.

    Args:
        record: part ``record``.

    Returns:
        date, label, actor_code.
    """
    return pl.DataFrame(
        [{**mark, "date": _day(mark["date"])} for mark in record.get("marks", ())],
        schema={"date": pl.Date, "label": pl.String, "actor_code": pl.String},
    )


def _mark(panels: Sequence[Axes], record: Part) -> None:
    """Mark the record's turning points on axes of time side by side."""
    marks = turning_points(record)
    for panel in panels:
        mark_dates(panel, marks)


def _peak(rows: pl.DataFrame) -> dict[str, Any] | None:
    ordered = rows.sort("sum", "period_start", descending=[True, False])
    return ordered.row(0, named=True) if len(ordered) else None


def _peak_words(rows: pl.DataFrame, side: str) -> str:
    peak = _peak(rows)
    if peak is None:
        return f"{state_name(side)} has no recorded act."
    return (
        f"{state_name(side)} is highest in {_month(peak['period_start'])} with {peak['sum']:.0f} points from "
        f"{_plural(peak['n_acts'], 'act')}."
    )


def _peak_title(by_side: Sequence[pl.DataFrame], pair: Pair) -> str:
    peaks = [_peak(rows) for rows in by_side]
    totals = [float(rows["sum"].sum()) for rows in by_side]
    a, b = _names(pair)
    if peaks[0] is None or peaks[1] is None:
        acting = a if peaks[0] is not None else b
        return f"Only {acting} has recorded acts"
    ahead, behind, ratio = _ahead(a, b, totals)
    if peaks[0]["period_start"] == peaks[1]["period_start"]:
        return (
            f"Both sides acted hardest in {_month(peaks[0]['period_start'])}; over the whole record {ahead} "
            f"did {ratio} as much as {behind}"
        )
    return (
        f"{a} acted hardest in {_month(peaks[0]['period_start'])}, {b} in "
        f"{_month(peaks[1]['period_start'])}; over the whole record {ahead} did {ratio} as much as {behind}"
    )


def _ahead(a: str, b: str, totals: Sequence[float]) -> tuple[str, str, str]:
    """Who did more, who less, and how many times as much."""
    sides = [(totals[0], a), (totals[1], b)]
    (more, ahead), (less, behind) = sides if totals[0] >= totals[1] else sides[::-1]
    return ahead, behind, _times(more / less) if less > 0 else "more than ten times"


@drawn
def balance_on_scales(balance: pl.DataFrame, record: Part, *, pair: Pair, source: str) -> Figure:
    """How far ahead the first side is, cumulated, on every scale, as a share of all that both did.

    Args:
        balance: frame ``balance``: period_start, scale, cumulative_net_share.
        record: part ``record``.
        pair: codes of the two sides.
        source: source line.
    """
    figure, panels = _span_axes(record, height=4.4)
    a, b = _names(pair)
    scales = balance["scale"].unique(maintain_order=True).to_list()
    final: dict[str, float] = {}
    for colour, dash, scale in zip(CATEGORIES, ("-", "--", "-.", ":", "-", "--"), scales, strict=False):
        rows = balance.filter(pl.col("scale") == scale)
        days = [start + timedelta(days=27) for start in rows["period_start"]]
        values = rows["cumulative_net_share"].to_list()
        end = _day(record["recorded"][-1]["end"])
        final[scale] = values[-1]
        for panel in panels:
            panel.step(
                [date(1900, 1, 1), *days, end],
                [0.0, *values, values[-1]],
                where="post",
                color=colour,
                linestyle=dash,
                label=scale_name(scale) if panel is panels[-1] else "_",
            )
    limits = balance["cumulative_net_share"]
    low, high = _range(limits)
    for panel in panels:
        panel.set_ylim(low - 0.06, high + 0.06)
        panel.axhline(0, color=INK, linewidth=1.2)
        panel.yaxis.set_major_formatter(lambda value, _: f"{100 * value:+.0f}%".replace("+0%", "0"))
    panels[-1].text(
        0.005,
        0.98,
        f"above: {a} did more",
        color=MUTED,
        va="top",
        transform=panels[-1].transAxes,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
    )
    direct_label(panels[-1])
    _mark(panels, record)
    ahead = {scale: (a if value > 0 else b) for scale, value in final.items()}
    if len(set(ahead.values())) == 1:
        leader = next(iter(ahead.values()))
        other = b if leader == a else a
        sizes = sorted(abs(value) for value in final.values())
        title = (
            f"On every scale {leader} did more than {other}: its lead is {_percent(sizes[0])} to "
            f"{_percent(sizes[-1])} of all that both did"
        )
    else:
        groups = {
            name: ", ".join(scale_name(scale) for scale in final if ahead[scale] == name)
            for name in sorted(set(ahead.values()))
        }
        title = "Who did more depends on the scale: " + "; ".join(f"{n} on {s}" for n, s in groups.items())
    return finish(
        figure,
        title=title,
        subtitle=f"{a} minus {b}, cumulated, as a share of the hostile acts of both on the same scale"
        + _gap_note(record),
        source=source,
        alt="Step lines, one for each scale. They end at "
        + ", ".join(f"{100 * value:+.0f}% ({scale_name(scale)})" for scale, value in final.items())
        + ".",
    )


def _near_words(found: Part, side: str) -> str:
    """What one side's acts near steps say, from both p values: by acts, and with a package counted once."""
    name, times = state_name(side), _times(found["ratio"])
    if found["p_value"] >= 0.05:
        return f"{_of(name)} {times} may be chance"
    if found["p_value_days"] >= 0.05:
        return f"{_of(name)} {times} may be chance once a package counts as one act"
    return f"{name} acted {times} as often as by chance"


def _near_title(part: Part, tested: Sequence[str]) -> str:
    group = " and ".join(state_name(code) for code in part["groups"])
    sides = [part["by_side"][side] for side in tested]
    if len(sides) > 1 and all(found["p_value"] >= 0.05 for found in sides):
        times = ", ".join(
            f"{state_name(side)} {_times(found['ratio'])}" for side, found in zip(tested, sides, strict=True)
        )
        chance = f"Acts near steps of the {group} are no more than chance may bring"
        return f"{chance}: {times} what it gives on average"
    words = [_near_words(found, side) for side, found in zip(tested, sides, strict=True)]
    return f"Near steps of the {group}, " + "; ".join(words) if words else f"No act near steps of {group}"


def _days_axis(axes: Axes, longest: float) -> None:
    """A horizontal axis of days on which the first ones have room."""
    shown = [day for day in _DAYS if day <= 1.05 * longest]
    axes.set_xticks(np.log1p(shown), [f"{day:,}" for day in shown])
    axes.set_xlabel("days until the answer (0: the same day)")
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")


@drawn
def waiting_for_an_answer(
    waiting: pl.DataFrame, replies: Part, *, pair: Pair, source: str, longest: int = 365
) -> Figure:
    """Share of each side's hostile acts that the other answered, by days since the act.

    Args:
        waiting: frame ``waiting``: links, actor_code, day, unanswered, lower, upper.
        replies: part ``replies``.
        pair: codes of the two sides.
        source: source line.
        longest: last day shown.
    """
    named = waiting.filter(pl.col("links") == "named")
    figure, axes = new_figure("wide", height=4.4)
    ends: dict[str, float] = {}
    for actor, other, colour in ((*pair, SIDES[1]), (*pair[::-1], SIDES[0])):
        rows = named.filter((pl.col("actor_code") == actor) & (pl.col("day") <= longest)).sort("day")
        if rows.is_empty():
            continue
        days = np.log1p([*rows["day"].to_list(), longest])
        share, low, high = (
            [*(1 - rows[column].fill_null(strategy="backward").to_numpy())]
            for column in ("unanswered", "upper", "lower")
        )
        ends[actor] = float(share[-1])
        axes.fill_between(
            days, [*low, low[-1]], [*high, high[-1]], step="post", color=colour, alpha=0.16, linewidth=0
        )
        if rows["day"][0] > 0:
            days, share = np.concatenate([[0.0], days]), [0.0, *share]
        axes.step(
            days,
            [*share, share[-1]],
            where="post",
            color=colour,
            label=f"{_of(state_name(actor))} acts,\nanswered by {state_name(other)}",
        )
    axes.set_xlim(0, np.log1p(longest))
    axes.set_ylim(0, min(1.0, 1.25 * max(_range(1 - named["lower"])[1], 0.1)))
    axes.yaxis.set_major_formatter(lambda value, _: _percent(value))
    _days_axis(axes, longest)
    axes.grid(True, axis="y")
    direct_label(axes)
    return finish(
        figure,
        title=_waiting_title(replies, pair),
        subtitle="Share of hostile acts answered by so many days later, Kaplan-Meier estimate with pointwise "
        "limits on acts of known day; answered means that a source says so",
        source=source,
        alt="Two rising step lines with bands. "
        + " ".join(
            f"Of the acts of {state_name(side)} {_percent(end)} are answered." for side, end in ends.items()
        ),
    )


def _waiting_title(replies: Part, pair: Pair) -> str:
    rates = replies["named"].get("answer_rate", {})
    parts = [
        f"{state_name(other)} answered {rates[actor]['n_answered']} of {_of(state_name(actor))} "
        f"{rates[actor]['n']:,} acts"
        for actor, other in (pair[::-1], pair)
        if "n_answered" in rates.get(actor, {})
    ]
    lags = replies["named"].get("median_lag_of_replier", {})
    medians = [lags[side]["estimate"] for side in pair if "estimate" in lags.get(side, {})]
    soon = "; half of the answers came within a day" if len(medians) == 2 and max(medians) <= 1 else ""
    return ", ".join(parts) + soon


def _act_words(act_type: str, n_subjects: int | None) -> str:
    words = act_type.replace("_", " ")
    return f"{words} ({n_subjects:,})" if n_subjects is not None else words


def _n_deeds(replies: Part, links: str, side: str) -> int:
    """How many answers of a side to acts are deeds, on one set of links."""
    found = replies[links].get("deeds_of_replier", {}).get(side, {})
    return int(found.get("n_deeds", 0))


@drawn
def deed_for_deed(links: pl.DataFrame, replies: Part, *, pair: Pair, source: str, most: int = 26) -> Figure:
    """Answers to acts that were deeds: what was answered, with what, after how many days.

    Answers to events alone are left out, as in the numbers: the title counts those whose source names the
    act, and adds the others apart.

    Args:
        links: frame ``links``.
        replies: part ``replies``.
        pair: codes of the two sides.
        source: source line.
        most: most answers shown, the latest ones.

    Raises:
        ValueError: no answer is a deed.
    """
    rows = (
        links.filter(
            pl.col("is_deed") & (pl.col("answered_type") == "hostile_act") & pl.col("lag_days").is_not_null()
        )
        .sort("is_main", "act_date", "act_id", descending=[True, False, False])
        .unique("reply_act_id", keep="first", maintain_order=True)
        .sort("reply_date", "reply_act_id")
        .tail(most)
    )
    if rows.is_empty():
        raise ValueError("no answer is a deed: leave the figure out")
    figure, axes = new_figure("wide", height=0.27 * len(rows) + 0.7)
    colours = dict(zip(pair, SIDES, strict=True))
    for place, row in enumerate(rows.iter_rows(named=True)):
        y = len(rows) - 1 - place
        named = row["answers_type"] == "act"
        end = float(np.log1p(row["lag_days"]))
        axes.plot(
            [0, end], [y, y], color=FAINT, linewidth=1.6, linestyle="-" if named else (0, (2, 2)), zorder=1
        )
        before, after = colours[row["actor_code"]], colours[row["reply_actor_code"]]
        axes.scatter([0], [y], color=before, s=42, zorder=3, clip_on=False)
        axes.scatter(
            [end], [y], s=46, zorder=4, linewidth=1.8, edgecolor=after, facecolor=after if named else PAPER
        )
        axes.annotate(
            f"{row['act_date']:%b %Y}  {_act_words(row['act_type'], row['n_subjects'])}",
            (0, y),
            (-9, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            color=before,
            size=_SMALL,
            annotation_clip=False,
        )
        axes.annotate(
            _act_words(row["reply_act_type"], row["reply_n_subjects"]),
            (end, y),
            (9, 0),
            textcoords="offset points",
            ha="left",
            va="center",
            color=after,
            size=_SMALL,
            annotation_clip=False,
        )
    shortest, longest = int(rows["lag_days"].to_numpy().min()), int(rows["lag_days"].to_numpy().max())
    axes.set_xlim(-0.05, float(np.log1p(max(longest, 30))) * 1.04)
    axes.set_ylim(-0.8, len(rows) - 0.2)
    axes.set_yticks([])
    _days_axis(axes, max(longest, 30))
    a, b = _names(pair)
    counts = {side: _n_deeds(replies, "named", side) for side in pair}
    others = {side: _n_deeds(replies, "general", side) - counts[side] for side in pair}
    equal = rows.filter(
        pl.col("is_same_type")
        & (pl.col("n_subjects") == pl.col("reply_n_subjects"))
        & (pl.col("answers_type") == "act")
    )
    more, fewer = sorted(pair, key=lambda side: (-counts[side], -others[side]))
    besides = (
        f", and {others[more]} and {others[fewer]} times more where the source names no single act"
        if any(others.values())
        else ""
    )
    matched = (
        f"; {_plural(len(equal), 'answer')} matched the act in kind and number"
        if len(equal)
        else "; none matched the act in kind and number"
    )
    return finish(
        figure,
        title=f"{state_name(more)} answered with deeds {counts[more]} times, "
        f"{state_name(fewer)} {counts[fewer]}{besides}{matched}",
        subtitle="Act (left; subjects in brackets), days until the answer, and the answer (right). "
        f"{a} blue, {b} orange. Hollow, dashed: the source names sanctions in general, the act is inferred. "
        "Answers to events alone are left out",
        source=source,
        alt=f"{len(rows)} lines from an act to the deed that answers it, after "
        f"{shortest} to {longest} days; "
        f"{int((rows['answers_type'] == 'act').sum())} of the answers name the act.",
    )


@drawn
def who_excites_whom(branching: pl.DataFrame, excitation: Part, *, pair: Pair, source: str) -> Figure:
    """Acts that one act sets off, with and without the shared driver, with intervals.

    Args:
        branching: frame ``branching``: variant, source_code, receiver_code, estimate, lower, upper.
        excitation: part ``excitation``.
        pair: codes of the two sides.
        source: source line.
    """
    variants = (excitation["with_driver"], excitation["without_driver"])
    links = [(one, other) for one, other in (pair[::-1], pair)] + [(side, side) for side in pair]
    figure, axes = new_figure("wide", height=4.0)
    rows = branching.filter(pl.col("quantity") == "branching")
    for place, (start, end) in enumerate(links):
        y = len(links) - 1 - place
        for variant, colour, shift, marker in zip(
            variants, (INK, FAINT), (0.14, -0.16), ("o", "s"), strict=True
        ):
            row = rows.filter(
                (pl.col("variant") == variant)
                & (pl.col("source_code") == start)
                & (pl.col("receiver_code") == end)
            )
            if row.is_empty():
                continue
            found = row.row(0, named=True)
            axes.plot(
                [found["lower"], found["upper"]],
                [y + shift] * 2,
                color=colour,
                linewidth=3,
                solid_capstyle="butt",
            )
            axes.scatter(
                [found["estimate"]],
                [y + shift],
                color=colour,
                marker=marker,
                s=70,
                zorder=3,
                edgecolor=PAPER,
                clip_on=False,
            )
            if not place:
                axes.annotate(
                    variant,
                    (found["upper"], y + shift),
                    (9, 0),
                    textcoords="offset points",
                    va="center",
                    color=MUTED if colour == FAINT else colour,
                    size=_SMALL,
                    annotation_clip=False,
                )
    axes.axvline(0, color=INK, linewidth=1.2)
    axes.set_xlim(left=0)
    axes.set_ylim(-0.6, len(links) - 0.4)
    labels = [f"{state_name(start)} → {state_name(end)}" for start, end in links]
    axes.set_yticks(range(len(links)), labels[::-1], color=INK)
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
    axes.set_xlabel("acts set off on later days by one act")
    drawn = rows.filter(pl.col("variant") == variants[0])
    return finish(
        figure,
        title=_told_title(excitation, pair),
        subtitle="Branching ratios with profile-likelihood intervals; the driver is the calendar of outside "
        "events that both sides react to",
        source=source,
        alt="Dots with intervals. With the driver: "
        + "; ".join(
            f"{state_name(row['source_code'])} to {state_name(row['receiver_code'])} {row['estimate']:.2f} "
            f"({row['lower']:.2f} to {row['upper']:.2f})"
            for row in drawn.iter_rows(named=True)
        )
        + ".",
    )


def _told_title(excitation: Part, pair: Pair) -> str:
    told = excitation["told"]
    a, b = _names(pair)
    ab, ba = told[f"{pair[0]}->{pair[1]}"], told[f"{pair[1]}->{pair[0]}"]
    if ab["is_told"] and ba["is_told"]:
        return "Each side answers the other, also when the shared shock is allowed for"
    if not ab["is_told"] and not ba["is_told"]:
        return "Once the shared shock is allowed for, neither side can be shown to answer the other"
    source, receiver, other = (b, a, ab) if ba["is_told"] else (a, b, ba)
    why = "cannot be told from the shared shock" if other["without_driver"] else "cannot be shown"
    return f"What {source} does, {receiver} answers; the reverse {why}"


@drawn
def regimes_over_time(
    acts: pl.DataFrame,
    regimes: pl.DataFrame,
    changes: pl.DataFrame | None,
    part: Part,
    *,
    pair: Pair,
    source: str,
    marks: pl.DataFrame | None = None,
) -> Figure:
    """Hostile acts of each side per period, their regimes, and how sure the changes are placed.

    Args:
        acts: frame ``acts``: actor_code, act_date, date_precision, is_hostile.
        regimes: frame ``regimes``: actor_code, period_start, period_end, rate.
        changes: frame ``changes``: actor_code, period_start, lower, upper, bootstrap_lower, bootstrap_upper;
            None if there are none.
        part: part ``regimes``.
        pair: codes of the two sides.
        source: source line.
        marks: date and label of turning points (:func:`turning_points`).
    """
    period = part["period"]
    every = {"day": "1d", "week": "1w", "month": "1mo", "quarter": "1q"}[period]
    width = {"day": 1, "week": 7, "month": 30, "quarter": 91}[period]
    start, end = regimes["period_start"].min(), regimes["period_end"].max()
    assert isinstance(start, date) and isinstance(end, date)  # noqa: PT018 - for the type checker
    figure, axes = new_figure("wide", rows=2, height=5.4, sharex=True, sharey=True)
    for panel, side, colour in zip(axes, pair, SIDES, strict=True):
        own = acts.filter(
            (pl.col("actor_code") == side) & pl.col("is_hostile") & (pl.col("date_precision") == "day")
        )
        counts = own.group_by(pl.col("act_date").dt.truncate(every).alias("period_start")).len()
        counts = counts.filter(pl.col("period_start").is_between(start, end)).sort("period_start")
        panel.bar(
            counts["period_start"].to_list(),
            counts["len"].to_list(),
            width=0.8 * width,
            align="edge",
            color=colour,
            alpha=0.35,
            linewidth=0,
        )
        panel.set_title(state_name(side), color=colour)
        segments = regimes.filter(pl.col("actor_code") == side).sort("period_start")
        if segments.is_empty():
            continue
        days = [*segments["period_start"].to_list(), end + timedelta(days=width)]
        rates = segments["rate"].to_list()
        panel.step(days, [*rates, *rates[-1:]], where="post", color=colour)
        if changes is not None:
            for row in changes.filter(pl.col("actor_code") == side).iter_rows(named=True):
                panel.axvspan(
                    row["bootstrap_lower"],
                    row["bootstrap_upper"] + timedelta(days=width),
                    color=FAINT,
                    alpha=0.3,
                    linewidth=0,
                    zorder=0,
                )
                panel.plot(
                    [row["lower"], row["upper"] + timedelta(days=width)],
                    [0.93, 0.93],
                    transform=panel.get_xaxis_transform(),
                    color=INK,
                    linewidth=3,
                    solid_capstyle="butt",
                )
    axes[-1].set_xlim(start - timedelta(days=14), end + timedelta(days=width + 14))
    axes[0].set_ylim(bottom=0)
    date_axis(axes[-1])
    if marks is not None:
        names = mark_dates(axes[0], marks)
        rise = max((note.get_position()[1] for note in names), default=0.0)
        axes[0].set_title(state_name(pair[0]), color=SIDES[0], pad=rise + TEXT_SIZE + 8)
        mark_dates(axes[1], marks.with_columns(label=pl.lit("")))  # the lines go on, named above
    return finish(
        figure,
        title=_regimes_title(part, pair),
        subtitle=f"Hostile acts per {period} (bars), rate of each regime (line), and where each change may "
        "lie: in redrawn series (grey), and by the fit of this one (black bar)",
        source=source,
        alt=" ".join(
            f"{state_name(row['actor_code'])}: {row['rate']:.2f} per {period} from {row['period_start']}."
            for row in regimes.iter_rows(named=True)
        ),
    )


def _when(change: Part) -> str:
    """The months in which a change may lie, by the wider of its two sets: a title dates it no closer."""
    first = _day(min(change["lower"], change["bootstrap_lower"]))
    last = _day(max(change["upper"], change["bootstrap_upper"]))
    if _month(first) == _month(last):
        return f"in {_month(first)}"
    since = f"{first:%B}" if first.year == last.year else _month(first)
    return f"between {since} and {_month(last)}"


def _regimes_title(part: Part, pair: Pair) -> str:
    words = []
    for side in pair:
        changes = part["by_side"][side].get("changes", [])
        name = state_name(side)
        if "segments" not in part["by_side"][side]:
            words.append(f"{name} acted too seldom to say")
        elif not changes:
            words.append(f"{_of(name)} rate of acts shows no change")
        else:
            largest = max(changes, key=lambda change: change["gain"])
            verb = "fell" if largest["rate_after"] < largest["rate_before"] else "rose"
            words.append(
                f"{_of(name)} acts {verb} from {largest['rate_before']:.1f} to {largest['rate_after']:.1f} a "
                f"{part['period']} {_when(largest)}"
            )
    return ", ".join(words)


@drawn
def ladder(
    climb: pl.DataFrame, part: Part, *, pair: Pair, source: str, marks: pl.DataFrame | None = None
) -> Figure:
    """Acts of both sides on the rungs of the escalation ladder; ringed: the first on a rung.

    Args:
        climb: frame ``ladder``: act_date, actor_code, rung, label, n_acts.
        part: part ``ladder``.
        pair: codes of the two sides.
        source: source line.
        marks: date and label of turning points (:func:`turning_points`).
    """
    rungs = part["rungs"]
    figure, axes = new_figure("wide", height=0.62 * len(rungs) + 0.9)
    place = {rung["rung"]: k for k, rung in enumerate(rungs)}
    first_of: dict[int, str] = {}
    for row in part["first"]:
        first_of.setdefault(row["rung"], row["actor_code"])
    for side, colour, shift, marker in zip(pair, SIDES, (0.17, -0.17), ("o", "D"), strict=True):
        rows = climb.filter(pl.col("actor_code") == side)
        heights = [place[rung] + shift for rung in rows["rung"]]
        sizes = 26 * rows["n_acts"].to_numpy() ** 0.8
        axes.scatter(
            rows["act_date"].to_list(),
            heights,
            s=sizes,
            color=colour,
            marker=marker,
            alpha=0.75,
            linewidth=0,
        )
    for row in part["first"]:
        if first_of[row["rung"]] == row["actor_code"]:
            own = pair.index(row["actor_code"])
            axes.scatter(
                [_day(row["first_date"])],
                [place[row["rung"]] + (0.17, -0.17)[own]],
                s=150,
                facecolor="none",
                edgecolor=SIDES[own],
                linewidth=1.8,
            )
    axes.set_yticks(range(len(rungs)), [rung["label"] for rung in rungs], color=INK)
    axes.set_ylim(-0.55, len(rungs) - 0.45)
    axes.grid(False, axis="y")
    for height in range(len(rungs) - 1):
        axes.axhline(height + 0.5, color=RULE, linewidth=1)
    date_axis(axes)
    if marks is not None:
        mark_dates(axes, marks)
    firsts = {side: sum(who == side for who in first_of.values()) for side in pair}
    leader = max(pair, key=lambda side: firsts[side])
    other = pair[1] if leader == pair[0] else pair[0]
    alone = [
        rung["label"]
        for rung in rungs
        if {r["actor_code"] for r in part["first"] if r["rung"] == rung["rung"]} == {other}
    ]
    n_rungs = _plural(len(first_of), "rung")
    title = f"{state_name(leader)} was first on {firsts[leader]} of {n_rungs} of the ladder"
    if alone:
        title += f"; only {state_name(other)} stood on “{alone[-1]}”"
    return finish(
        figure,
        title=title,
        subtitle=f"Hostile acts of {state_name(pair[0])} (blue dots) and {state_name(pair[1])} (orange "
        f"diamonds) since {_month(part['window']['start'])}, mild kinds at the bottom; larger: more on the "
        "day; ringed: the first on the rung",
        source=source,
        alt="Dots in time on the rungs. First on each: "
        + ", ".join(
            f"{rung['label']} {state_name(first_of[rung['rung']])}"
            for rung in rungs
            if rung["rung"] in first_of
        )
        + ".",
    )


@drawn
def coordination(null: pl.DataFrame, part: Part, *, pair: Pair, source: str) -> Figure:
    """Acts of each side near steps of the group, against what chance gives.

    Args:
        null: frame ``coordination_null``: actor_code, n_near, n_draws.
        part: part ``coordination``.
        pair: codes of the two sides.
        source: source line.
    """
    figure, axes = new_figure("wide", columns=2, height=3.6)
    for panel, side, colour in zip(axes, pair, SIDES, strict=True):
        rows = null.filter(pl.col("actor_code") == side)
        found = part["by_side"][side]
        panel.set_title(state_name(side), color=colour)
        if rows.is_empty():
            continue
        panel.set_title(
            f"{state_name(side)}: {found['n_near']} found, {found['expected']:.1f} by chance",
            color=colour,
        )
        shares = 100 * rows["n_draws"] / rows["n_draws"].sum()
        panel.bar(rows["n_near"], shares, color=FAINT, width=0.86, linewidth=0)
        panel.axvline(found["expected"], color=INK, linewidth=1.6, linestyle=(0, (3, 2)))
        panel.axvline(found["n_near"], color=colour, linewidth=3.5)
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("acts near a step")
    tested = [side for side in pair if part["by_side"][side].get("ratio") is not None]
    alt = [
        f"{state_name(side)}: {part['by_side'][side]['n_near']} acts near a step, "
        f"{part['by_side'][side]['expected']:.1f} by chance, p = {part['by_side'][side]['p_value']:.3f}."
        for side in tested
    ]
    n_steps = max((part["by_side"][side].get("n_events", 0) for side in pair), default=0)
    near = f"{part['days_before']} day before to {part['days_after']} days after"
    chances = ", ".join(f"{state_name(side)} {part['by_side'][side]['p_value']:.2f}" for side in tested)
    breaks = " or ".join(f"{_day(day):%-d %B %Y}" for day in part["breaks"])
    held = f", none across {breaks}" if breaks else ""
    return finish(
        figure,
        title=_near_title(part, tested),
        subtitle=f"Hostile acts from {near} one of {n_steps} steps (coloured line), and after random shifts "
        f"of the acts in time{held} (grey; dashed: their mean)"
        + (f"; one-sided p: {chances}" if tested else ""),
        source=source,
        alt=" ".join(alt) or "No side has acts near a step.",
    )
