"""Figures over cases: each quantity beside the same of the others, chains drawn, cases alone and pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from retorsion.errors import NotEstimable
from retorsion.figures import phone
from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    PAPER,
    TEXT_SIZE,
    drawn,
    finish,
    new_figure,
    side_colour,
    upright_grid,
)
from retorsion.figures.trade import legend_above
from retorsion.sources.states import state_name

#: Acts and answers, each a deed or a word, that figures set beside one another.
_KINDS = (("deed", "deed"), ("deed", "word"), ("word", "word"))
_HOW = {"deed": "by deeds", "word": "in words"}

#: Said where one state may stand in two colours.
_COLOURS = "In each case its first side is blue, the second orange"


@drawn
def answer_rates(
    rates: pl.DataFrame, cases: Mapping[str, tuple[str, str]], *, days: int, source: str
) -> Figure:
    """Share of acts that the other side answered in time, by who acted and how, one panel for each case.

    Args:
        rates: span, actor_code, asked_type, answer_type, n, estimate, lower, upper.
        cases: codes of the two sides by the name of the case, in order.
        days: within which an answer counts.
        source: source line.
    """
    known = rates.filter(pl.col("estimate").is_not_null() & pl.col("span").is_in(list(cases)))
    rows = {
        case: [
            (quantity_words(f"{asked} answered by {answer}"), row)
            for asked, answer in _KINDS
            for row in known.filter(
                (pl.col("span") == case) & (pl.col("asked_type") == asked) & (pl.col("answer_type") == answer)
            ).iter_rows(named=True)
        ]
        for case in cases
    }
    if not any(rows.values()):
        raise NotEstimable("No case has acts enough for a share of answers.")
    figure, panels = new_figure(
        "wide",
        rows=len(cases),
        height=0.33 * sum(map(len, rows.values())) + 0.5 * len(cases) + 0.4,
        height_ratios=[len(own) + 0.5 for own in rows.values()],
        sharex=True,
        squeeze=False,
    )
    for axes, (case, pair) in zip(panels[:, 0], cases.items(), strict=True):
        for place, (_, row) in enumerate(reversed(rows[case])):
            _interval(axes, place, row, side_colour(row["actor_code"], pair), scale=100)
        names = [f"{state_name(row['actor_code'])}: {kind} ({row['n']})" for kind, row in rows[case]]
        axes.set_yticks(range(len(names)), names[::-1])
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.set_title(case)
        axes.set_xlim(0, 100)
        upright_grid(axes)
    panels[-1, 0].set_xlabel("% of acts answered, with its interval")
    shares = [(row, pair) for case, pair in cases.items() for _, row in rows[case]]
    shares.sort(key=lambda one: float(one[0]["estimate"]))
    return finish(
        figure,
        title=f"{_answers(*shares[-1])}, the highest share; {_answers(*shares[0])}, the lowest",
        subtitle=f"Acts with a stated answer within {days} days, by who acted; their number in brackets. "
        + _COLOURS,
        source=source,
        alt=f"{len(shares)} rows with a share and its interval, grouped by case: {', '.join(cases)}.",
    )


def quantity_words(quantity: str) -> str:
    """A share of the comparison in words; any other quantity as it is called.

    Example:
        >>> quantity_words("deed answered by word"), quantity_words("in kind")
        ('deeds answered in words', 'answers by deed in kind')
    """
    asked, is_answered, answer = quantity.partition(" answered by ")
    if is_answered:
        return f"{asked}s answered {_HOW[answer]}"
    return "answers by deed in kind" if quantity == "in kind" else quantity


def _answers(row: Mapping[str, Any], pair: tuple[str, str]) -> str:
    """How often the other side answered, as a clause."""
    actor = row["actor_code"]
    other = state_name(pair[1] if actor == pair[0] else pair[0])
    acts = f"{state_name(actor)}'s {row['asked_type']}s {_HOW[row['answer_type']]}"
    return f"{other} answered {row['estimate']:.0%} of {acts}"


def _interval(axes: Axes, place: float, row: Mapping[str, Any], colour: str, *, scale: float = 1.0) -> None:
    """An estimate with its interval on one row."""
    limits = [scale * row["lower"], scale * row["upper"]]
    axes.plot(limits, [place] * 2, color=colour, linewidth=2.5)
    axes.plot([scale * row["estimate"]], [place], "o", color=colour, markersize=6)


@drawn
def answer_ratios(pairs: pl.DataFrame, words: Mapping[str, str], *, source: str) -> Figure:
    """How much each answer hit for a unit of what it answered, by measure.

    Args:
        pairs: measure, ratio, case.
        words: words for each measure, in the order of the rows.
        source: source line.
    """
    shown = [one for one in words if len(pairs.filter(pl.col("measure") == one))]
    figure, axes = new_figure("wide", height=0.8 * len(shown) + 1.2)
    cases = pairs["case"].unique().sort().to_list()
    colours = dict(zip(cases, KINDS, strict=False))
    for place, measure in enumerate(reversed(shown)):
        for number, (case, colour) in enumerate(colours.items()):
            own = pairs.filter((pl.col("measure") == measure) & (pl.col("case") == case)).sort("ratio")
            shift = 0.22 * (number - (len(cases) - 1) / 2)
            axes.plot(
                own["ratio"].to_list(),
                [place + shift] * len(own),
                "o",
                color=colour,
                alpha=0.6,
                markersize=7,
            )
    axes.axvline(1, color=MUTED, linewidth=1.2)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([0.05, 0.1, 0.3, 1, 3, 10]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:,.0f}%"))
    axes.set_xlabel("answer in % of what it answers (100%: like for like)")
    axes.set_yticks(
        range(len(shown)),
        [f"{words[one]} ({len(pairs.filter(pl.col('measure') == one))})" for one in reversed(shown)],
    )
    axes.set_ylim(-0.6, len(shown) - 0.4)
    upright_grid(axes)
    axes.set_title(" ", pad=18)
    legend_above(axes, [(colour, "o", case) for case, colour in colours.items()])
    near = pairs.filter(pl.col("ratio").is_between(0.999, 1.001))
    return finish(
        figure,
        title=f"{len(near)} of {len(pairs)} measured answers hit exactly as much as what they answered",
        subtitle="What each answer hit, one point an answer; the number of answers in brackets",
        source=source,
        alt=f"Points on a logarithmic axis for {len(shown)} measures; many lie at 100%, some at a tenth and at ten "
        "times as much.",
    )


@drawn
def chains_drawn(steps: pl.DataFrame, chosen: Sequence[str], pair: tuple[str, str], *, source: str) -> Figure:
    """The acts of chains of answers on a line of time, one panel each.

    Args:
        steps: chain_id, step, actor_code, day, value_usd, tariff_rate_pct, is_deed.
        chosen: chains, one panel each.
        pair: codes of the two sides.
        source: source line.
    """
    figure, panels = new_figure("wide", rows=len(chosen), height=2.2 * len(chosen), squeeze=False)
    for axes, chain in zip(panels[:, 0], chosen, strict=True):
        own = steps.filter((pl.col("chain_id") == chain) & pl.col("day").is_not_null()).sort("step")
        first = own["day"].min()
        days = (own["day"] - first).dt.total_days().to_list()
        heights = [1.0 if one == pair[0] else 0.0 for one in own["actor_code"]]
        axes.plot(days, heights, color=FAINT, linewidth=1.2)
        placed = list(zip(own.iter_rows(named=True), days, heights, strict=True))
        for row, day, height in placed:
            colour = side_colour(row["actor_code"], pair)
            face = colour if row["is_deed"] else PAPER
            axes.plot([day], [height], "o", color=colour, markerfacecolor=face, markersize=8)
        for (row, day, height), raised in zip(placed, _raised(days, heights), strict=True):
            axes.annotate(
                _hit(row),
                (day, height),
                xytext=(0, (9 + raised) if height else -(18 + raised)),
                textcoords="offset points",
                ha="center",
                size=TEXT_SIZE - 2,
                color=MUTED,
            )
        axes.set_yticks([0, 1], [state_name(pair[1]), state_name(pair[0])])
        axes.set_ylim(-1.2, 1.9)
        axes.margins(x=0.08)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5 if phone.is_wanted() else 9))
        axes.set_title(f"From {first.day} {first:%B %Y}" if isinstance(first, date) else chain)
        axes.grid(visible=False)
    panels[-1, 0].set_xlabel("days after the first act")
    longest = max((len(steps.filter(pl.col("chain_id") == one)) for one in chosen), default=0)
    return finish(
        figure,
        title=f"The longest chain of {state_name(pair[0])} and {state_name(pair[1])} has {longest} acts",
        subtitle="Filled: a deed; open: words. Beside each act what it hits, where known: billion US dollars of goods, "
        "and percentage points of tariff",
        source=source,
        alt=f"{len(chosen)} lines of time on which acts alternate between the two sides.",
    )


def _raised(days: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Points by which the words of an act move away, so that they do not touch those of the same side before it."""
    near = (0.3 if phone.is_wanted() else 0.16) * max(max(days, default=0), 1)
    raised: list[float] = []
    for place, (day, height) in enumerate(zip(days, heights, strict=True)):
        before = [i for i in range(place) if heights[i] == height and day - days[i] < near]
        raised.append(TEXT_SIZE if before and raised[before[-1]] == 0 else 0.0)
    return raised


def _hit(row: Mapping[str, Any]) -> str:
    """What an act hits, in few words."""
    parts = []
    if row["value_usd"] is not None:
        parts.append(f"{row['value_usd'] / 1e9:,.0f} bn")
    if row["tariff_rate_pct"] is not None:
        parts.append(f"{row['tariff_rate_pct']:+g} points".replace("-", "−"))
    return ", ".join(parts)


@drawn
def alone_and_pooled(pooled: pl.DataFrame, *, source: str) -> Figure:
    """Each case's own estimate of each share, and the one drawn towards what the cases have in common.

    Args:
        pooled: quantity, case, alone, pooled, lower, upper, of shares.
        source: source line.
    """
    rows = list(pooled.iter_rows(named=True))
    figure, axes = new_figure("wide", height=0.33 * len(rows) + 1)
    for place, row in enumerate(reversed(rows)):
        _interval(axes, place, {**row, "estimate": row["pooled"]}, INK, scale=100)
        if row["alone"] is not None:
            axes.plot(
                [100 * row["alone"]], [place], "o", color=KINDS[1], markerfacecolor="none", markersize=7
            )
    axes.set_yticks(
        range(len(rows)), [f"{quantity_words(row['quantity'])}, {row['case']}" for row in reversed(rows)]
    )
    axes.set_xlim(0, 100)
    axes.set_xlabel("%")
    upright_grid(axes)
    moved = max((abs(row["pooled"] - row["alone"]) for row in rows if row["alone"] is not None), default=0.0)
    return finish(
        figure,
        title=f"With the other cases beside it, no case's share moves by more than {100 * moved:.0f} points",
        subtitle="Share of acts answered, and of answers by deed in kind. Open: the case alone. Filled: drawn towards "
        "the mean of the cases, with its interval",
        source=source,
        alt=f"{len(rows)} rows with an open and a filled point and an interval.",
    )


@drawn
def excitation(pairs: pl.DataFrame, cases: Mapping[str, tuple[str, str]], *, source: str) -> Figure:
    """Acts that one act of the other side sets off, case by case, alone and pooled.

    Args:
        pairs: pair, parameter, kind, estimate, lower, upper, alone.
        cases: codes of the two sides by the name of the case.
        source: source line.
    """
    own = pairs.filter(pl.col("kind") == "branching other").sort("parameter")
    rows = [row for case in cases for row in own.filter(pl.col("pair") == case).iter_rows(named=True)]
    figure, axes = new_figure("wide", height=0.36 * len(rows) + 1)
    names, sizes = [], []
    for place, row in enumerate(reversed(rows)):
        start, end = row["parameter"].removeprefix("branching ").split("->")
        colour = side_colour(end, cases[row["pair"]])
        _interval(axes, place, row, colour)
        if row["alone"] is not None:
            axes.plot([row["alone"]], [place], "o", color=colour, markerfacecolor=PAPER, markersize=7)
        names.append(f"{row['pair']}: {state_name(start)} → {state_name(end)}")
        sizes.append((row["estimate"], state_name(start), state_name(end)))
    axes.set_yticks(range(len(rows)), names)
    axes.set_xlim(0)
    axes.set_xlabel("acts set off by one act of the other side")
    upright_grid(axes)
    return finish(
        figure,
        title=" ".join(
            (
                "In this model an act of {1} sets off {0:.2f} acts of {2}, the most;".format(*max(sizes)),
                "one of {1} sets off {0:.2f} of {2}, the fewest".format(*min(sizes)),
            )
        ),
        subtitle="Acts of the state after the arrow, in the colour of its side. Open: the case alone. Filled: pooled "
        f"in part, with its interval. {_COLOURS}",
        source=source,
        alt=f"{len(rows)} rows with a point and an interval, two for each case.",
    )
