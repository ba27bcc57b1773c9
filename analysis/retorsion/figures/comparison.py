"""Figures over cases: each quantity beside the same of the others, chains drawn, cases alone and pooled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from retorsion.figures.style import (
    CATEGORIES,
    FAINT,
    MUTED,
    SIDE_A,
    SIDE_B,
    TEXT_SIZE,
    date_axis,
    drawn,
    finish,
    new_figure,
)
from retorsion.sources.states import state_name

_KINDS = {
    ("deed", "deed"): "deeds answered by deeds",
    ("deed", "word"): "deeds answered in words",
    ("word", "word"): "words answered in words",
}


@drawn
def answer_rates(rates: pl.DataFrame, cases: Sequence[str], *, days: int, source: str) -> Figure:
    """Share of acts that the other side answered in time, by who acted and how.

    Args:
        rates: span, actor_code, asked_type, answer_type, n, estimate, lower, upper.
        cases: names of the cases, in order.
        days: within which an answer counts.
        source: source line.
    """
    rows = [
        (f"{state_name(row['actor_code'])}: {kind} ({row['n']})", row, number)
        for number, case in enumerate(cases)
        for (asked, answer), kind in _KINDS.items()
        for row in rates.filter(
            (pl.col("span") == case) & (pl.col("asked_type") == asked) & (pl.col("answer_type") == answer)
        ).iter_rows(named=True)
        if row["estimate"] is not None
    ]
    figure, axes = new_figure("wide", height=0.33 * len(rows) + 1)
    for place, (_, row, number) in enumerate(reversed(rows)):
        colour = CATEGORIES[number % len(CATEGORIES)]
        axes.plot([100 * row["lower"], 100 * row["upper"]], [place] * 2, color=colour, linewidth=2.5)
        axes.plot([100 * row["estimate"]], [place], "o", color=colour, markersize=6)
    axes.set_yticks(range(len(rows)), [label for label, _, _ in reversed(rows)])
    axes.set_xlim(0, 100)
    axes.set_xlabel("per cent answered")
    axes.grid(axis="x")
    shares = [row["estimate"] for _, row, _ in rows]
    return finish(
        figure,
        title=f"From {min(shares, default=0):.0%} to {max(shares, default=0):.0%} of acts get a stated answer",
        subtitle=f"Acts with a stated answer within {days} days, with their number; one colour for each case",
        source=source,
        alt=f"{len(rows)} rows with a share and its interval, grouped by case: {', '.join(cases)}.",
    )


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
    for place, measure in enumerate(reversed(shown)):
        for number, case in enumerate(cases):
            own = pairs.filter((pl.col("measure") == measure) & (pl.col("case") == case)).sort("ratio")
            shift = 0.22 * (number - (len(cases) - 1) / 2)
            axes.plot(
                own["ratio"].to_list(),
                [place + shift] * len(own),
                "o",
                color=CATEGORIES[number % len(CATEGORIES)],
                alpha=0.6,
                markersize=7,
            )
    axes.axvline(1, color=MUTED, linewidth=1.2)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator([0.05, 0.1, 0.3, 1, 3, 10]))
    axes.xaxis.set_minor_locator(FixedLocator([]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_yticks(
        range(len(shown)),
        [f"{words[one]} ({len(pairs.filter(pl.col('measure') == one))})" for one in reversed(shown)],
    )
    axes.set_ylim(-0.6, len(shown) - 0.4)
    axes.grid(axis="x")
    near = pairs.filter(pl.col("ratio").is_between(0.999, 1.001))
    return finish(
        figure,
        title=f"{len(near)} of {len(pairs)} measured answers hit exactly as much as what they answered",
        subtitle="Answer over what it answers, one point each; 1 is like for like",
        source=source,
        alt=f"Points on a logarithmic axis for {len(shown)} measures; many lie at 1, some at a tenth and at ten.",
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
        days = own["day"].to_list()
        heights = [1.0 if one == pair[0] else 0.0 for one in own["actor_code"]]
        axes.plot(days, heights, color=FAINT, linewidth=1.2)
        for row, height in zip(own.iter_rows(named=True), heights, strict=True):
            colour = SIDE_A if height else SIDE_B
            face = colour if row["is_deed"] else "none"
            axes.plot([row["day"]], [height], "o", color=colour, markerfacecolor=face, markersize=8)
            axes.annotate(
                _hit(row),
                (row["day"], height),
                xytext=(0, 9 if height else -18),
                textcoords="offset points",
                ha="center",
                size=TEXT_SIZE - 2,
                color=MUTED,
            )
        axes.set_yticks([0, 1], [state_name(pair[1]), state_name(pair[0])])
        axes.set_ylim(-0.8, 1.8)
        axes.margins(x=0.06)
        axes.set_title(f"From {min(days):%Y-%m-%d}" if days else chain)
        axes.grid(visible=False)
        date_axis(axes)
    longest = max((len(steps.filter(pl.col("chain_id") == one)) for one in chosen), default=0)
    return finish(
        figure,
        title=f"Chains of answers: the longest has {longest} acts",
        subtitle="Filled: a deed; open: words. Beside each act what it hits, where it is known",
        source=source,
        alt=f"{len(chosen)} lines of time on which acts alternate between the two sides.",
    )


def _hit(row: Mapping[str, Any]) -> str:
    """What an act hits, in few words."""
    parts = []
    if row["value_usd"] is not None:
        parts.append(f"{row['value_usd'] / 1e9:,.0f} bn")
    if row["tariff_rate_pct"] is not None:
        parts.append(f"{row['tariff_rate_pct']:+g}%".replace("-", "−"))
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
        axes.plot([100 * row["lower"], 100 * row["upper"]], [place] * 2, color=SIDE_A, linewidth=2.5)
        axes.plot([100 * row["pooled"]], [place], "o", color=SIDE_A, markersize=6)
        if row["alone"] is not None:
            axes.plot([100 * row["alone"]], [place], "o", color=SIDE_B, markerfacecolor="none", markersize=7)
    axes.set_yticks(range(len(rows)), [f"{row['quantity']}, {row['case']}" for row in reversed(rows)])
    axes.set_xlim(0, 100)
    axes.set_xlabel("per cent")
    axes.grid(axis="x")
    return finish(
        figure,
        title="What a case says alone, and what it says with the others beside it",
        subtitle="Open: the case alone. Filled: drawn towards the mean of the cases, with its interval",
        source=source,
        alt=f"{len(rows)} rows with an open and a filled point and an interval.",
    )


@drawn
def excitation(pairs: pl.DataFrame, *, source: str) -> Figure:
    """Acts that one act of the other side sets off, case by case, alone and pooled.

    Args:
        pairs: pair, parameter, kind, estimate, lower, upper, alone.
        source: source line.
    """
    own = pairs.filter(pl.col("kind") == "branching other").sort("pair", "parameter")
    rows = list(own.iter_rows(named=True))
    figure, axes = new_figure("wide", height=0.36 * len(rows) + 1)
    for place, row in enumerate(reversed(rows)):
        axes.plot([row["lower"], row["upper"]], [place] * 2, color=SIDE_A, linewidth=2.5)
        axes.plot([row["estimate"]], [place], "o", color=SIDE_A, markersize=6)
        if row["alone"] is not None:
            axes.plot([row["alone"]], [place], "o", color=SIDE_B, markerfacecolor="none", markersize=7)
    axes.set_yticks(
        range(len(rows)),
        [f"{row['pair']}: {_direction(row['parameter'])}" for row in reversed(rows)],
    )
    axes.set_xlim(0)
    axes.set_xlabel("acts set off by one act of the other side")
    axes.grid(axis="x")
    return finish(
        figure,
        title="How many acts one act of the other side sets off, by case",
        subtitle="Acts of the state after the arrow. Open: the case alone. Filled: pooled in part, with its interval",
        source=source,
        alt=f"{len(rows)} rows with a point and an interval, two for each case.",
    )


def _direction(parameter: str) -> str:
    """Who sets off whose acts, of a parameter such as ``branching CHN->USA``."""
    source, receiver = parameter.removeprefix("branching ").split("->")
    return f"{state_name(source)} → {state_name(receiver)}"
