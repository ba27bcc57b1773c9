"""Figures of the record itself: how the lists grew, and how far published figures are from the tables."""

from __future__ import annotations

from typing import Any

import polars as pl
from matplotlib.figure import Figure

from analysis.figures.style import (
    CATEGORIES,
    FAINT,
    INK,
    MUTED,
    SIDE_A,
    SIDE_B,
    date_axis,
    direct_label,
    finish,
    new_figure,
    styled,
)
from analysis.sources.states import state_name


@styled()
def designations_over_time(sanctions: pl.DataFrame, *, sender_code: str, source: str) -> Figure:
    """Subjects a sender has designated in an official list, cumulated by kind.

    Args:
        sanctions: table ``sanctions``.
        sender_code: the state whose list it is.
        source: source line.
    """
    listed = sanctions.filter((pl.col("sender_code") == sender_code) & (pl.col("basis_type") != "reported"))
    kinds = {"individual": "persons", "entity": "bodies", "bank": "banks"}
    daily = (
        listed.group_by("announced_date", "subject_type")
        .agg(pl.col("n_subjects").sum())
        .sort("announced_date")
        .with_columns(pl.col("n_subjects").cum_sum().over("subject_type").alias("total"))
    )
    figure, axes = new_figure("wide")
    first, last = str(daily["announced_date"].min()), daily["announced_date"].max()
    totals: dict[str, int] = {}
    for colour, (kind, name) in zip(CATEGORIES, kinds.items(), strict=False):
        one = daily.filter(pl.col("subject_type") == kind)
        if one.is_empty():
            continue
        totals[name] = int(one["total"][-1])
        dates = [*one["announced_date"].to_list(), last]
        axes.step(
            dates,
            [*one["total"].to_list(), totals[name]],
            where="post",
            color=colour,
            label=f"{totals[name]:,} {name}",
        )
    axes.set_ylim(bottom=0)
    date_axis(axes)
    direct_label(axes)
    n_all = sum(totals.values())
    n_removed = int((listed["basis_type"] == "inferred").sum())
    first_war_year = _largest_year(daily)
    sender = state_name(sender_code)
    return finish(
        figure,
        title=f"{sender} has listed {n_all:,} subjects, most of them in {first_war_year}",
        subtitle="Subjects under asset freeze, cumulated by day of announcement, removed entries included",
        source=source,
        alt=(
            f"Step lines from {first} to {last!s}, ending at "
            + ", ".join(f"{n:,} {name}" for name, n in totals.items())
            + f"; {n_removed} of the persons are known only from gaps in the list's numbering."
        ),
    )


def _largest_year(daily: pl.DataFrame) -> int:
    by_year = daily.group_by(pl.col("announced_date").dt.year().alias("year")).agg(pl.col("n_subjects").sum())
    return int(by_year.sort("n_subjects", "year", descending=True)["year"][0])


@styled()
def figure_gaps(figures: pl.DataFrame, *, bound_pct: float, source: str) -> Figure:
    """Gap between each published figure and the table: values in percent, changes in percentage points.

    Args:
        figures: as :func:`analysis.tables.reconcile.reconcile` gives them.
        bound_pct: gap up to which a figure counts as agreeing.
        source: source line.
    """
    panels: list[tuple[str, str, str]] = [
        ("value_gap_pct", "value_status", "Values: gap in percent"),
        ("change_gap_pp", "change_status", "Changes on the year: gap in percentage points"),
    ]
    figure, both = new_figure("wide", columns=2, height=4.2)
    share: list[str] = []
    for axes, (gap, status, name) in zip(both, panels, strict=True):
        shown = figures.filter(pl.col(gap).is_not_null()).sort(gap, "row")
        inside = shown[gap].abs() <= bound_pct
        share.append(f"{int(inside.sum())} of {len(shown)}")
        _ranked(axes, shown, gap, status, bound_pct)
        axes.set_title(name)
    n_compared = figures.filter(
        pl.col("value_gap_pct").is_not_null() | pl.col("change_gap_pp").is_not_null()
    ).height
    return finish(
        figure,
        title=f"Most published trade figures agree with the ministry's months to within {bound_pct:g} %",
        subtitle="Published figure minus table; each dot is one figure, in order of its gap",
        source=source,
        alt=(
            f"Dots ordered by gap. {share[0]} values and {share[1]} changes lie within {bound_pct:g}; "
            f"{n_compared} figures could be compared. Larger gaps are coloured; most have a reason."
        ),
    )


def _ranked(axes: Any, shown: pl.DataFrame, gap: str, status: str, bound: float) -> None:
    limit = 4 * bound
    axes.axhspan(-bound, bound, color=FAINT, alpha=0.25, linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=1)
    groups = (
        ("within the bound", pl.col(gap).abs() <= bound, SIDE_A, "o"),
        (
            "beyond, with a reason",
            (pl.col(gap).abs() > bound) & (pl.col(status) != "unexplained"),
            SIDE_B,
            "s",
        ),
        ("unexplained", (pl.col(gap).abs() > bound) & (pl.col(status) == "unexplained"), INK, "X"),
    )
    ranked = shown.with_row_index("rank")
    for label, chosen, colour, marker in groups:
        rows = ranked.filter(chosen)
        if len(rows):
            heights = rows[gap].clip(-limit, limit)
            axes.scatter(
                rows["rank"],
                heights,
                color=colour,
                marker=marker,
                s=26,
                label=f"{label} ({len(rows)})",
                zorder=3,
            )
    axes.set_ylim(-limit * 1.1, limit * 1.1)
    axes.set_xticks([])
    axes.legend(loc="upper left", handletextpad=0.2, borderpad=0)


@styled()
def acts_by_year(acts: pl.DataFrame, *, pair: tuple[str, str], source: str) -> Figure:
    """Number of acts of each side towards the other by year and domain.

    Args:
        acts: table ``acts``.
        pair: codes of the two sides.
        source: source line.
    """
    names = {
        "sanction": "Sanctions",
        "trade_measure": "Trade measures",
        "diplomatic_action": "Diplomatic acts",
    }
    between = acts.filter(
        (pl.col("actor_code").is_in(pair)) & (pl.col("addressee_code").is_in(pair))
    ).with_columns(pl.col("act_date").dt.year().alias("year"))
    years = list(range(between["year"].min(), between["year"].max() + 1))  # type: ignore[arg-type, operator]
    figure, both = new_figure("wide", columns=2, sharey=True, height=4.0)
    counts = {code: between.filter(pl.col("actor_code") == code) for code in pair}
    for axes, code in zip(both, pair, strict=True):
        bottom = [0] * len(years)
        for colour, (domain, name) in zip((SIDE_A, SIDE_B, FAINT), names.items(), strict=True):
            chosen = counts[code].filter(pl.col("domain_type") == domain)
            by_year = dict(chosen.group_by("year").len().iter_rows())
            heights = [by_year.get(year, 0) for year in years]
            axes.bar(
                years, heights, bottom=bottom, color=colour, label=f"{name} ({sum(heights)})", width=0.85
            )
            bottom = [a + b for a, b in zip(bottom, heights, strict=True)]
        axes.set_title(f"{state_name(code)}: {len(counts[code])} acts")
        axes.set_xticks([year for year in years if year % 2 == 0])
        axes.legend(loc="upper left", reverse=True)
    a, b = (len(counts[code]) for code in pair)
    ahead, behind = (pair, (a, b)) if a >= b else (pair[::-1], (b, a))
    names_of = [state_name(code) for code in ahead]
    return finish(
        figure,
        title=f"{names_of[0]} acted {behind[0] / max(behind[1], 1):.1f} times as often as {names_of[1]}",
        subtitle="Recorded acts towards the other side by year",
        source=source,
        alt=(
            f"Stacked bars by year. {state_name(pair[0])}: {a} acts; {state_name(pair[1])}: {b} acts; years "
            "without a bar have no recorded act."
        ),
    )
