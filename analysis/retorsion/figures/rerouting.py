"""Figures of what went to the states around the target instead, and of how that is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    drawn,
    finish,
    new_figure,
    upright_grid,
    write_beside,
)
from retorsion.sources.states import state_name

#: What exports would have been, in words, in the order of the figure.
COUNTERFACTUALS = {
    "year_before": "level a year before",
    "own_growth": "own growth before",
    "other_goods": "growth of other goods",
}


@drawn
def by_month(months: pl.DataFrame, end: Mapping[str, Any], *, target_code: str, source: str) -> Figure:
    """The fall of exports to the target, and the rise of those to the states around it, month by month.

    Args:
        months: period_start, role_type (target, hub), window, value_eur, base_eur (same month of the base year).
        end: first_share and last_share of the fall in the first and the last three months.
        target_code: the target.
        source: source line.
    """
    change = (
        months.filter(pl.col("window") == "after")
        .group_by("period_start", "role_type", maintain_order=True)
        .agg((pl.col("value_eur") - pl.col("base_eur")).sum().alias("change") / 1e9)
        .pivot(on="role_type", index="period_start", values="change")
        .sort("period_start")
    )
    figure, axes = new_figure("wide", height=3.6)
    at = list(range(len(change)))
    fall = (-change["target"]).to_list()
    rise = change["hub"].to_list()
    axes.bar([i - 0.2 for i in at], fall, width=0.38, color=FAINT, label=f"less to {state_name(target_code)}")
    axes.bar([i + 0.2 for i in at], rise, width=0.38, color=KINDS[0], label="more to its neighbours")
    for i, (lost, more) in enumerate(zip(fall, rise, strict=True)):
        if lost > 0:
            write_beside(
                axes,
                f"{more / lost:.0%}".replace("-", "\u2212"),
                (i + 0.2, max(more, 0)),
                (0, 4),
                colour=KINDS[0],
            )
    axes.axhline(0, color=MUTED, linewidth=1.0)
    axes.set_xticks(at, [f"{one:%b}" for one in change["period_start"]])
    axes.tick_params(axis="x", labelcolor=INK)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
    axes.set_ylabel("billion euros")
    axes.set_ylim(top=1.3 * max(fall + rise))
    axes.legend(loc="upper left", ncols=2, borderpad=0.2)
    years = sorted(set(change["period_start"].dt.year()))
    return finish(
        figure,
        title=(
            f"What neighbours bought more grew from {end['first_share']:.0%} to {end['last_share']:.0%} of what no "
            f"longer goes to {state_name(target_code)}"
        ),
        subtitle=(
            f"Exports of sanctioned goods in {years[0]} against the same month of the base year; "
            "labels: the rise in per cent of the fall"
        ),
        source=source,
        alt="Pairs of bars by month. "
        + "; ".join(
            f"{one:%B} {lost:.2f} billion less, {more:.2f} more"
            for one, lost, more in zip(change["period_start"], fall, rise, strict=True)
        )
        + ".",
    )


@drawn
def by_choice(shares: pl.DataFrame, made_up: Mapping[str, Any], *, target_code: str, source: str) -> Figure:
    """The share of the fall that shows up around the target, by what would have been and by which neighbours.

    Args:
        shares: choice_type (told, hubs, priority), choice, counterfactual, share, lower, upper (null where the
            data do not tell).
        made_up: the range: lower and upper over all choices.
        target_code: the target.
        source: source line.
    """
    known = shares.filter(
        pl.col("share").is_not_null() & pl.col("choice_type").is_in(["told", "hubs", "priority"])
    )
    order = list(COUNTERFACTUALS)
    rows = known.with_columns(
        pl.col("counterfactual").replace_strict(order, range(len(order))).alias("order")
    ).sort("order", "choice_type", "choice", descending=[True, False, False], maintain_order=True)
    colours = dict(zip(("told", "hubs", "priority"), KINDS, strict=False))
    figure, axes = new_figure("wide", height=0.42 * len(rows) + 0.7)
    axes.axvline(0, color=MUTED, linewidth=1.2, zorder=1)
    for y, row in enumerate(rows.iter_rows(named=True)):
        colour = colours[row["choice_type"]]
        if row["lower"] is not None:
            axes.plot([row["lower"], row["upper"]], [y, y], color=colour, linewidth=2.0, zorder=2)
        axes.plot([row["share"]], [y], marker="o", color=colour, markersize=8, zorder=3)
        end = row["share"] if row["upper"] is None else max(row["upper"], row["share"])
        write_beside(axes, f"{row['share']:.0%}".replace("-", "\u2212"), (end, y), (9, 0), colour=colour)
    axes.set_yticks(range(len(rows)), [choice_words(row) for row in rows.iter_rows(named=True)])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.margins(x=0.1)
    upright_grid(axes)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    limits = [*rows["share"], *rows["lower"].drop_nulls(), *rows["upper"].drop_nulls()]
    low, high = (f"{share:.0%}".replace("-", "\u2212") for share in (min(limits), max(limits)))
    return finish(
        figure,
        title=(
            f"Neighbours' extra purchases equal {low} to {high} of the lost sales to {state_name(target_code)}, "
            "over all counts and their ranges"
        ),
        subtitle="Exports to neighbours above three estimates of what they would have bought, in per cent of the fall; "
        f"other goods: those still sold to {state_name(target_code)}; lines: range over resampled goods",
        source=source,
        alt="Dots with lines. "
        + "; ".join(f"{choice_words(row)} {row['share']:.0%}" for row in rows.iter_rows(named=True))
        + ".",
    )


def choice_words(row: Mapping[str, Any]) -> str:
    """What a share compares, in few words.

    Args:
        row: choice_type, choice and counterfactual.
    """
    which = {
        "told": "all neighbours",
        "hubs": ", ".join(state_name(code) for code in str(row["choice"]).split(";")),
        "without": f"without {state_name(str(row['choice']))}",
        "priority": "high-priority goods",
    }[row["choice_type"]]
    return f"{which}: {COUNTERFACTUALS[row['counterfactual']]}"
