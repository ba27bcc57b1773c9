"""Figures of the finding ``replies``: how long answers take, and which are deeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from retorsion.figures import phone
from retorsion.figures.escalation.words import (
    Pair,
    Part,
    percent_words,
    plural,
    possessive,
    range_of,
    side_names,
)
from retorsion.figures.kinds import kind_words
from retorsion.figures.style import (
    FAINT,
    PAPER,
    SIDES,
    TEXT_SIZE,
    direct_label,
    drawn,
    finish,
    new_figure,
    upright_grid,
    write_beside,
)
from retorsion.sources.states import state_name

#: Days that an axis of waiting times names.
_DAYS = (0, 1, 3, 7, 14, 30, 90, 365, 1000)
_SMALL = TEXT_SIZE - 1


def _days_axis(axes: Axes, longest: float) -> None:
    """A horizontal axis of days on which the first ones have room."""
    shown = [day for day in _DAYS if day <= 1.05 * longest]
    axes.set_xticks(np.log1p(shown), [f"{day:,}" for day in shown])
    axes.set_xlabel("days until the answer (0: the same day)")
    upright_grid(axes)


@drawn
def waiting_for_an_answer(
    waiting: pl.DataFrame, replies: Part, answers: Part, *, pair: Pair, source: str, longest: int = 365
) -> Figure:
    """Share of each side's hostile acts that the other answered, by days since the act.

    Args:
        waiting: frame ``waiting``: links, actor_code, day, unanswered, lower, upper.
        replies: part ``replies``.
        answers: part ``answers``: how long answers in words and by deed took.
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
            label=f"{state_name(other)} answers\nacts of {state_name(actor)}",
        )
    axes.set_xlim(0, np.log1p(longest))
    axes.set_ylim(0, min(1.0, 1.25 * max(range_of(1 - named["lower"])[1], 0.1)))
    axes.yaxis.set_major_formatter(lambda value, _: percent_words(value))
    _days_axis(axes, longest)
    axes.grid(True, axis="y")
    direct_label(axes)
    return finish(
        figure,
        title=_waiting_title(replies, answers, pair),
        subtitle="Share of hostile acts answered by so many days later, Kaplan-Meier estimate with pointwise "
        "limits on acts of known day; answered means that a source says so",
        source=source,
        alt="Two rising step lines with bands. "
        + " ".join(
            f"Of the acts of {state_name(side)} {percent_words(end)} are answered."
            for side, end in ends.items()
        ),
    )


def _waiting_title(replies: Part, answers: Part, pair: Pair) -> str:
    rates = replies["named"].get("answer_rate", {})
    parts = [
        f"{state_name(other)} answered {rates[actor]['n_answered']} of {possessive(state_name(actor))} "
        f"{rates[actor]['n']:,} acts"
        for actor, other in (pair[::-1], pair)
        if "n_answered" in rates.get(actor, {})
    ]
    lags = answers.get("lags", {})
    words = [lag for side in pair if "estimate" in (lag := lags.get("words", {}).get(side, {}))]
    deeds = [day for side in pair for day in lags.get("deeds", {}).get(side, {}).get("each", ())]
    said = []
    if words and max(lag["estimate"] for lag in words) <= 1:
        said.append("half of the answers in words came within a day")
    if deeds:
        said.append(f"answers by deed took up to {plural(max(deeds), 'day')}")
    return "; ".join([", ".join(parts), *said])


def _act_words(act_type: str, n_subjects: int | None) -> str:
    words = kind_words(act_type)
    return f"{words} ({n_subjects:,})" if n_subjects is not None else words


def _n_deeds(replies: Part, links: str, side: str) -> int:
    """How many answers of a side to acts are deeds, on one set of links."""
    found = replies[links].get("deeds_of_replier", {}).get(side, {})
    return int(found.get("n_deeds", 0))


@drawn
def deed_for_deed(links: pl.DataFrame, replies: Part, *, pair: Pair, source: str, most: int = 26) -> Figure:
    """Answers to acts that were deeds: what was answered, with what, after how many days.

    Answers to events alone are left out, as in the numbers: the title counts those whose source names the
    act, and adds the others apart. It counts all replies, also those that have no room in the drawing.

    Args:
        links: frame ``links``.
        replies: part ``replies``.
        pair: codes of the two sides.
        source: source line.
        most: most answers shown, the latest ones.

    Raises:
        ValueError: no answer is a deed.
    """
    deeds = links.filter(pl.col("is_deed") & (pl.col("answered_type") == "hostile_act"))
    every = (
        deeds.filter(pl.col("lag_days").is_not_null())
        .sort("is_main", "act_date", "act_id", descending=[True, False, False])
        .unique("reply_act_id", keep="first", maintain_order=True)
        .sort("reply_date", "reply_act_id")
    )
    rows = every.tail(most)
    if rows.is_empty():
        raise ValueError("no answer is a deed: leave the figure out")
    figure, axes = new_figure("wide", height=(0.6 if phone.is_wanted() else 0.27) * len(rows) + 0.7)
    width = float(np.log1p(max(*rows["lag_days"], 30)))
    colours = dict(zip(pair, SIDES, strict=True))
    for place, row in enumerate(rows.iter_rows(named=True)):
        _draw_answer(axes, len(rows) - 1 - place, row, colours, width)
    shortest, longest = int(rows["lag_days"].to_numpy().min()), int(rows["lag_days"].to_numpy().max())
    axes.set_xlim(-0.05, 1.04 * width)
    axes.set_ylim(-0.8, len(rows) - 0.2)
    axes.set_yticks([])
    _days_axis(axes, max(longest, 30))
    a, b = side_names(pair)
    return finish(
        figure,
        title=_deeds_title(deeds, replies, pair),
        subtitle="Act (people or entities in brackets), days until the reply, and the reply at the end of its line. "
        f"{a} is blue, {b} orange. Hollow and dashed: the source names only sanctions in general, so the act is "
        "inferred. Replies to events alone are left out"
        + (
            f". Drawn are the latest {len(rows)} of {len(every)} replies of known day"
            if len(rows) < len(every)
            else ""
        ),
        source=source,
        alt=f"{len(rows)} lines from an act to the deed that answers it, after "
        f"{shortest} to {longest} days; "
        f"{int((rows['answers_type'] == 'act').sum())} of the answers name the act.",
    )


def _draw_answer(
    axes: Axes, y: float, row: Mapping[str, Any], colours: Mapping[str, str], width: float
) -> None:
    """One act, the days until its answer, and the answer; on a phone their words lie above and below the line.

    Args:
        axes: to draw on.
        y: place of the row.
        row: of the frame ``links``.
        colours: of the two sides.
        width: of the axis, in the logarithm of days.
    """
    named, end = row["answers_type"] == "act", float(np.log1p(row["lag_days"]))
    before, after = colours[row["actor_code"]], colours[row["reply_actor_code"]]
    axes.plot([0, end], [y, y], color=FAINT, linewidth=1.6, linestyle="-" if named else (0, (2, 2)), zorder=1)
    axes.scatter([0], [y], color=before, s=42, zorder=3, clip_on=False)
    face = after if named else PAPER
    axes.scatter([end], [y], s=46, zorder=4, linewidth=1.8, edgecolor=after, facecolor=face)
    act = f"{row['act_date']:%b %Y}  {_act_words(row['act_type'], row['n_subjects'])}"
    reply = _act_words(row["reply_act_type"], row["reply_n_subjects"])
    if not phone.is_wanted():
        write_beside(axes, act, (0, y), (-9, 0), colour=before, annotation_clip=False)
        write_beside(axes, reply, (end, y), (9, 0), colour=after, annotation_clip=False)
        return
    side = "left" if end < width / 2 else "right"
    write_beside(axes, act, (0, y), (0, 6), colour=before, ha="left", va="bottom", annotation_clip=False)
    write_beside(axes, reply, (end, y), (0, -6), colour=after, ha=side, va="top", annotation_clip=False)


def _deeds_title(deeds: pl.DataFrame, replies: Part, pair: Pair) -> str:
    """With how many deeds each side replied, and how many matched an act that their source names."""
    counts = {side: _n_deeds(replies, "named", side) for side in pair}
    others = {side: _n_deeds(replies, "general", side) - counts[side] for side in pair}
    equal = deeds.filter(
        pl.col("is_same_type")
        & (pl.col("n_subjects") == pl.col("reply_n_subjects"))
        & (pl.col("answers_type") == "act")
    )["reply_act_id"].n_unique()
    more, fewer = sorted(pair, key=lambda side: (-counts[side], -others[side]))
    besides = (
        f", and to sanctions in general with {others[more]} and {others[fewer]}"
        if any(others.values())
        else ""
    )
    matched = (
        f"; {plural(equal, 'reply', 'replies')} matched the act in kind and number"
        if equal
        else "; none is known to match its act in kind and number"
    )
    return (
        f"{state_name(more)} replied to named acts with {plural(counts[more], 'deed')}, "
        f"{state_name(fewer)} with {counts[fewer]}{besides}{matched}"
    )
