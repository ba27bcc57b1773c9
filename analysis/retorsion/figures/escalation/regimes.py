"""Figure of the finding ``regimes``: when the rate of acts changed."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures.days import as_day, month_words
from retorsion.figures.escalation.words import (
    Pair,
    Part,
    possessive,
)
from retorsion.figures.style import (
    FAINT,
    INK,
    SIDES,
    TEXT_SIZE,
    date_axis,
    drawn,
    finish,
    mark_dates,
    new_figure,
)
from retorsion.sources.states import state_name


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
                wide = (row["bootstrap_lower"], row["bootstrap_upper"] + timedelta(days=width))
                panel.axvspan(*wide, color=FAINT, alpha=0.3, linewidth=0, zorder=0)
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
    for panel in axes:
        panel.set_ylabel(f"acts a {period}")
    date_axis(axes[-1])
    if marks is not None:
        names = mark_dates(axes[0], marks)
        rise = max((note.get_position()[1] for note in names), default=0.0)
        axes[0].set_title(state_name(pair[0]), color=SIDES[0], pad=rise + TEXT_SIZE + 8)
        mark_dates(axes[1], marks.with_columns(label=pl.lit("")))  # the lines go on, named above
    return finish(
        figure,
        title=_regimes_title(part, pair),
        subtitle=f"Hostile acts per {period} (bars), average rate (line) and the uncertainty about each turning "
        f"point (grey: simulated; bar: fitted){_which_turn(part)}",
        source=source,
        alt=" ".join(
            f"{state_name(row['actor_code'])}: {row['rate']:.2f} per {period} from {row['period_start']}."
            for row in regimes.iter_rows(named=True)
        ),
    )


def _when(change: Part) -> str:
    """The months in which a change may lie, by the wider of its two sets: a title dates it no closer."""
    first = as_day(min(change["lower"], change["bootstrap_lower"]))
    last = as_day(max(change["upper"], change["bootstrap_upper"]))
    if month_words(first) == month_words(last):
        return f"in {month_words(first)}"
    since = f"{first:%B}" if first.year == last.year else month_words(first)
    return f"between {since} and {month_words(last)}"


def _which_turn(part: Part) -> str:
    """What the title says where a side has several turning points."""
    several = any(len(side.get("changes", [])) > 1 for side in part["by_side"].values())
    return "; the title names the largest one of each side" if several else ""


def _regimes_title(part: Part, pair: Pair) -> str:
    words = []
    for side in pair:
        changes = part["by_side"][side].get("changes", [])
        name = state_name(side)
        if "segments" not in part["by_side"][side]:
            words.append(f"{name} acted too rarely to say")
        elif not changes:
            words.append(f"{possessive(name)} rate of acts shows no change")
        else:
            largest = max(changes, key=lambda change: change["gain"])
            verb = "fell" if largest["rate_after"] < largest["rate_before"] else "rose"
            words.append(
                f"{possessive(name)} acts {verb} from {largest['rate_before']:.1f} to {largest['rate_after']:.1f} a "
                f"{part['period']} {_when(largest)}"
            )
    return ", ".join(words)
