"""Figures of the record itself: how the lists grew, and how far published figures are from the tables."""

from __future__ import annotations

from typing import Any

import polars as pl
import seaborn
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    SIDES,
    date_axis,
    direct_label,
    drawn,
    finish,
    mark_dates,
    new_figure,
)
from retorsion.sources.states import state_name


@drawn
def designations_over_time(
    sanctions: pl.DataFrame,
    *,
    sender_code: str,
    source: str,
    marks: pl.DataFrame | None = None,
    n_rounds: int = 3,
) -> Figure:
    """Subjects a sender has designated in an official list, cumulated by kind; the largest rounds marked.

    Args:
        sanctions: table ``sanctions``.
        sender_code: the state whose list it is.
        source: source line.
        marks: date and label of other turning points.
        n_rounds: largest rounds marked with the number they listed.
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
    for colour, (kind, name) in zip(KINDS, kinds.items(), strict=False):
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
    axes.set_ylabel("subjects listed")
    date_axis(axes)
    direct_label(axes)
    rounds = _largest_rounds(daily, n_rounds)
    mark_dates(axes, rounds if marks is None else pl.concat([marks.select("date", "label"), rounds]))
    n_all = sum(totals.values())
    n_removed = int((listed["basis_type"] == "inferred").sum())
    first_war_year = _largest_year(daily)
    sender = state_name(sender_code)
    return finish(
        figure,
        title=f"{sender} has listed {n_all:,} subjects, most of them in {first_war_year}",
        subtitle="Subjects under asset freeze, cumulated by day of announcement, removed entries included; "
        f"marked: turning points and the {len(rounds)} largest rounds",
        source=source,
        alt=(
            f"Step lines from {first} to {last!s}, ending at "
            + ", ".join(f"{n:,} {name}" for name, n in totals.items())
            + f"; {n_removed} of the persons are known only from gaps in the list's numbering. "
            "Largest rounds: "
            + ", ".join(f"{row['label']} on {row['date']}" for row in rounds.iter_rows(named=True))
            + "."
        ),
    )


def _largest_rounds(daily: pl.DataFrame, n: int) -> pl.DataFrame:
    """The days on which most subjects were announced, in time order: date, label."""
    by_day = daily.group_by(pl.col("announced_date").alias("date")).agg(pl.col("n_subjects").sum())
    return (
        by_day.sort("n_subjects", "date", descending=[True, False])
        .head(n)
        .sort("date")
        .select("date", pl.format("{} listed", "n_subjects").alias("label"))
    )


def _largest_year(daily: pl.DataFrame) -> int:
    by_year = daily.group_by(pl.col("announced_date").dt.year().alias("year")).agg(pl.col("n_subjects").sum())
    return int(by_year.sort("n_subjects", "year", descending=True)["year"][0])


@drawn
def figure_gaps(figures: pl.DataFrame, *, bound_pct: float, source: str) -> Figure:
    """Gap between each published figure and the table: values in per cent, changes in percentage points.

    Args:
        figures: as :func:`retorsion.checks.figures.compare_figures` gives them.
        bound_pct: gap up to which a figure counts as agreeing.
        source: source line.
    """
    panels: list[tuple[str, str, str]] = [
        ("value_gap_pct", "value_status", "Values"),
        ("change_gap_pp", "change_status", "Changes on the year"),
    ]
    figure, both = new_figure("wide", columns=2, height=4.2)
    share: list[str] = []
    for axes, (gap, status, name) in zip(both, panels, strict=True):
        shown = figures.filter(pl.col(gap).is_not_null()).sort(gap, "row")
        inside = shown[gap].abs() <= bound_pct
        share.append(f"{int(inside.sum())} of {len(shown)}")
        _ranked(axes, shown, gap, status, bound_pct)
        axes.set_title(name)
        axes.set_ylabel("gap, %" if gap == "value_gap_pct" else "gap, percentage points")
    n_compared = figures.filter(
        pl.col("value_gap_pct").is_not_null() | pl.col("change_gap_pp").is_not_null()
    ).height
    return finish(
        figure,
        title=f"{share[0]} published trade values agree with the monthly statistics to within {bound_pct:g}%",
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
    groups = {"within the bound": KINDS[0], "beyond, with a reason": KINDS[1], "unexplained": INK}
    within, reason, unexplained = groups
    ranked = shown.with_row_index("rank").with_columns(
        pl.col(gap).clip(-limit, limit),
        pl.when(pl.col(gap).abs() <= bound)
        .then(pl.lit(within))
        .when(pl.col(status) != "unexplained")
        .then(pl.lit(reason))
        .otherwise(pl.lit(unexplained))
        .alias("agreement"),
    )
    counts = dict(ranked.group_by("agreement").len().iter_rows())
    names = {group: f"{group} ({counts[group]})" for group in groups if group in counts}
    data = ranked.with_columns(pl.col("agreement").replace_strict(names)).to_pandas()
    seaborn.scatterplot(
        data,
        x="rank",
        y=gap,
        hue="agreement",
        style="agreement",
        hue_order=list(names.values()),
        style_order=list(names.values()),
        palette={name: groups[group] for group, name in names.items()},
        markers=["o", "s", "X"][: len(names)],
        s=42,
        linewidth=0,
        ax=axes,
    )
    axes.set(ylim=(-limit * 1.1, limit * 1.1), xticks=[], xlabel="", ylabel="")
    axes.legend(loc="upper left", handletextpad=0.2, borderpad=0, title=None)


@drawn
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
        pl.col("actor_code").is_in(pair) & pl.col("addressee_code").is_in(pair)
    ).with_columns(pl.col("act_date").dt.year().alias("year"))
    first, last = (int(between["year"].min()), int(between["year"].max()))  # type: ignore[arg-type]
    figure, both = new_figure("wide", columns=2, sharey=True, height=4.0)
    counts = {code: between.filter(pl.col("actor_code") == code) for code in pair}
    years = list(range(first, last + 1))
    for axes, code, colour in zip(both, pair, SIDES, strict=True):
        bottom = [0] * len(years)
        for (domain, name), alpha in zip(names.items(), (1.0, 0.6, 0.25), strict=True):
            own = counts[code].filter(pl.col("domain_type") == domain)
            found = dict(own.group_by("year").len().iter_rows())
            heights = [found.get(year, 0) for year in years]
            label = f"{name} ({len(own)})"
            axes.bar(years, heights, bottom=bottom, width=0.85, color=colour, alpha=alpha, label=label)
            bottom = [below + height for below, height in zip(bottom, heights, strict=True)]
        axes.set_title(f"{state_name(code)}: {len(counts[code])} acts", color=colour)
        axes.set_xlim(first - 0.6, last + 0.6)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))  # panels side by side
        axes.legend(loc="upper left", reverse=True)
    both[0].set_ylabel("acts a year")
    a, b = (len(counts[code]) for code in pair)
    ahead, behind = (pair, (a, b)) if a >= b else (pair[::-1], (b, a))
    names_of = [state_name(code) for code in ahead]
    return finish(
        figure,
        title=f"{names_of[0]} has {behind[0] / max(behind[1], 1):.1f} times as many recorded acts as {names_of[1]}",
        subtitle="Recorded acts towards the other side by year",
        source=source,
        alt=(
            f"Stacked bars by year. {state_name(pair[0])}: {a} acts; {state_name(pair[1])}: {b} acts; years "
            "without a bar have no recorded act."
        ),
    )
