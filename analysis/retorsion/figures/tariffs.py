"""Figures of tariffs: trade around each step, elasticities by choice and by goods, suppliers, what was paid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from retorsion.figures import phone
from retorsion.figures.days import day_words, month_words
from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    date_axis,
    direct_label,
    drawn,
    finish,
    new_figure,
    side_colour,
    tip,
    upright_grid,
)
from retorsion.figures.trade import effect_axis_vertical, legend_above, percent_words, title_pad, whisker
from retorsion.sources.states import state_name

#: Log points of a rise of ten per cent, in which elasticities are put into words.
TEN_PER_CENT = math.log(1.1)
#: Title of an axis of elasticities, whose ticks :func:`_elasticity_words` writes.
_ELASTICITY = "elasticity (trade if the price rises by a tenth)"
_AFTER, _JUST_BEFORE = KINDS[:2]
_COLOURS = {"lead": FAINT, "reference": FAINT, "after": _AFTER}


@drawn
def tariff_steps(
    path: pl.DataFrame, labels: Mapping[str, str], *, n_fallen: int, exporter: str, imposer: str, source: str
) -> Figure:
    """Trade in the goods of each step around its day, one panel each.

    Args:
        path: step, day, period (quarters from the day), phase_type, estimate, lower, upper.
        labels: words for each step, in the order of the panels.
        n_fallen: steps after which the mean of all quarters, with its interval, lies below no change.
        exporter: name of the state that exports.
        imposer: name of the state that imposes the tariff.
        source: source line.
    """
    columns = 2
    n_rows = math.ceil(len(labels) / columns)
    figure, panels = new_figure(
        "wide", rows=n_rows, columns=columns, height=2.9 * n_rows, sharey=True, squeeze=False
    )
    low, high = math.log(0.1), math.log(4)
    for axes, (step, label) in zip(panels.ravel(), labels.items(), strict=False):
        for row in path.filter(pl.col("step") == step).sort("period").iter_rows(named=True):
            colour = _JUST_BEFORE if row["period"] == -1 else _COLOURS[row["phase_type"]]
            whisker(axes, row, row["period"], colour, "o", (low, high), upright=True)
        axes.axvline(-0.5, color=FAINT, linewidth=1)
        effect_axis_vertical(axes, (low, high), (0.1, 0.25, 0.5, 1.0, 2.0, 4.0))
        axes.set_title(label, pad=title_pad(axes, panels))
        axes.set_xticks(range(-5, 5))
    for axes in panels.ravel()[len(labels) :]:
        axes.set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel("quarters from the day of the step")
    legend_above(
        panels[0][0],
        [
            (FAINT, "o", "before (−2: the reference)"),
            (_JUST_BEFORE, "o", "the quarter before"),
            (_AFTER, "o", "after"),
        ],
    )
    return finish(
        figure,
        title=(
            f"The fall of {exporter}'s exports to {imposer} from the day of a step on is beyond chance in "
            f"{n_fallen or 'none'} of {len(labels)} steps"
        ),
        subtitle=(
            "Goods that a step hit first, against goods that none hit and against sales elsewhere. In the quarter "
            "before, shipments may be moved forward. Arrows: the interval goes on"
        ),
        source=source,
        alt=(
            f"One panel for each of {len(labels)} steps, with an effect and its interval in each quarter before and "
            "after it. Intervals after the day are wide, because a few products make most of the trade."
        ),
    )


@drawn
def tariff_choices(curve: pl.DataFrame, found: Mapping[str, Any], *, source: str) -> Figure:
    """The elasticity under every combination of choices, least first, with its interval.

    Args:
        curve: design, timing, anticipation, products, estimate, lower, upper.
        found: n, median, lowest, highest.
        source: source line.
    """
    rows = curve.filter(pl.col("estimate").is_not_null()).sort("estimate")
    figure, axes = new_figure("wide", height=4.2)
    for place, row in enumerate(rows.iter_rows(named=True)):
        colour = KINDS[0] if row["design"] == "destinations" else KINDS[1]
        axes.plot([place] * 2, [row["lower"], row["upper"]], color=colour, linewidth=2)
        (dot,) = axes.plot([place], [row["estimate"]], "o", color=colour, markersize=6)
        choices = ", ".join(
            str(row[name]) for name in ("design", "timing", "anticipation", "products") if name in row
        )
        limits = f"{row['lower']:.2f} to {row['upper']:.2f}".replace("-", "−")
        tip(dot, f"{choices.replace('_', ' ')}: {row['estimate']:.2f} ({limits})".replace(": -", ": −"))
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.set_xticks([])
    axes.set_xlabel("ways of estimating, the largest fall first")
    axes.set_ylabel(_ELASTICITY)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _elasticity_words(value, " ")))
    axes.set_title(" ", pad=18)
    legend_above(
        axes, [(KINDS[0], "o", "against sales elsewhere"), (KINDS[1], "o", "against other goods alone")]
    )
    n_unsure = rows.filter((pl.col("lower") <= 0) & (pl.col("upper") >= 0)).height
    span = f"{found['lowest']:.1f} to {found['highest']:.1f}".replace("-", "−")
    return finish(
        figure,
        title=(
            f"All {found['n']} ways of estimating point to {'less' if found['highest'] < 0 else 'more'} trade; in "
            f"{n_unsure} the interval includes no effect"
            if found["same_sign"] == 1
            else f"The sign depends on the way of estimating: {span}"
        ),
        subtitle="Elasticity of exports to one plus the tariff, with its interval",
        source=source,
        alt=(
            f"{found['n']} estimates in rising order, from {found['lowest']:.2f} to {found['highest']:.2f}, the middle "
            f"one {found['median']:.2f}; most intervals are wide."
        ),
    )


@drawn
def tariff_sections(sections: pl.DataFrame, *, exporter: str, imposer: str, source: str) -> Figure:
    """The elasticity of each section of goods, largest trade first.

    Args:
        sections: label, target (value), estimate, lower, upper; null where there is none.
        exporter: name of the state that exports.
        imposer: name of the state that imposes the tariff.
        source: source line.
    """
    shown = sections.filter(pl.col("estimate").is_not_null()).sort("target", descending=True).head(14)
    figure, axes = new_figure("wide", height=0.36 * len(shown) + 1)
    low, high = -10.0, 6.0
    for place, row in enumerate(shown.reverse().iter_rows(named=True)):
        is_told = row["upper"] < 0 or row["lower"] > 0
        colour = KINDS[0] if is_told else FAINT
        whisker(axes, row, place, colour, "o", (low, high))
    axes.set_yticks(range(len(shown)), shown["label"].reverse().to_list())
    axes.axvline(0, color=MUTED, linewidth=1)
    axes.set_xlim(low, high)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _elasticity_words(value, "\n")))
    axes.set_xlabel(_ELASTICITY)
    upright_grid(axes)
    n_told = len(shown.filter((pl.col("upper") < 0) | (pl.col("lower") > 0)))
    what = "fall" if n_told and shown.filter(pl.col("lower") > 0).is_empty() else "effect"
    return finish(
        figure,
        title=f"In {n_told} of {len(shown)} groups of goods the {what} is beyond chance",
        subtitle=(
            f"Elasticity of exports of {exporter} to {imposer}, with its interval, largest trade first. Grey: the "
            "interval holds no effect. Arrows: the interval goes on"
        ),
        source=source,
        alt=f"A row for each of {len(shown)} sections with an estimate and its interval; {n_told} lie apart from zero.",
    )


@drawn
def tariff_suppliers(
    shares: pl.DataFrame,
    named: Sequence[str],
    *,
    importer: str,
    target_code: str,
    pair: tuple[str, str],
    source: str,
) -> Figure:
    """Shares of the target and of named partners in imports by year.

    Args:
        shares: year, partner_code, share.
        named: partners drawn beside the target.
        importer: name of the state that imports.
        target_code: the state on whose goods tariffs rose.
        pair: codes of the two sides.
        source: source line.
    """
    figure, axes = new_figure("wide", height=4.2)
    for number, code in enumerate([target_code, *named]):
        own = shares.filter(pl.col("partner_code") == code).sort("year")
        axes.plot(
            own["year"].to_list(),
            (100 * own["share"]).to_list(),
            color=side_colour(code, pair, KINDS[(number - 1) % len(KINDS)]),
            label=state_name(code),
            marker="o",
            markersize=4,
        )
    axes.set_ylim(0)
    axes.set_ylabel("% of imports")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if phone.is_wanted() else 9, integer=True))
    direct_label(axes)
    own = shares.filter(pl.col("partner_code") == target_code).sort("year")
    highest, last = own.sort("share")["share"][-1], own["share"][-1]
    return finish(
        figure,
        title=(
            f"{state_name(target_code)}'s share of {importer}'s imports was {highest:.0%} at its highest and "
            f"{last:.0%} in {own['year'][-1]}"
        ),
        subtitle="Shares of all goods by value, complete years",
        source=source,
        alt=(
            f"Lines by year for {', '.join(state_name(code) for code in [target_code, *named])}; the share of "
            f"{state_name(target_code)} falls from {highest:.1%} to {last:.1%}."
        ),
    )


@drawn
def tariff_paid(
    paid: pl.DataFrame, *, importer: str, target_code: str, pair: tuple[str, str], source: str
) -> Figure:
    """Duties paid per cent of imports, beside the tariff in the books.

    Args:
        paid: period_start, paid_pct, paid_world_pct, statutory_pct.
        importer: name of the state that imports.
        target_code: the state whose goods pay.
        pair: codes of the two sides.
        source: source line.
    """
    target = state_name(target_code)
    figure, axes = new_figure("wide", height=4.2)
    _line(axes, paid, "statutory_pct", INK, "in the books", (0, (4, 2)))
    _line(axes, paid, "paid_pct", side_colour(target_code, pair), f"paid on goods of {target}")
    _line(axes, paid, "paid_world_pct", MUTED, "paid on all imports")
    axes.set_ylim(0)
    axes.set_ylabel("% of value")
    date_axis(axes, years=1)
    direct_label(axes)
    last = paid.drop_nulls("statutory_pct").row(-1, named=True)
    return finish(
        figure,
        title=(
            f"In {month_words(last['period_start'])} the tariff in the books on goods of {target} was "
            f"{last['statutory_pct']:.0f}%; the duties paid were {last['paid_pct']:.0f}% of their value"
        ),
        subtitle=f"Duties on imports of {importer}, by month",
        source=source,
        alt=(
            f"Three lines by month. In {month_words(last['period_start'])} the tariff in the books is "
            f"{last['statutory_pct']:.1f} per cent, duties paid on goods of {target} {last['paid_pct']:.1f} per cent."
        ),
    )


def _line(
    axes: Axes, paid: pl.DataFrame, column: str, colour: str, label: str, dashes: Any = "solid"
) -> None:
    known = paid.drop_nulls(column)
    axes.plot(
        known["period_start"].to_list(), known[column].to_list(), color=colour, label=label, linestyle=dashes
    )


def step_words(n_lines: int, day: str) -> str:
    """A step in words for a panel: its lines and its day.

    Args:
        n_lines: lines it names.
        day: of it, in ISO 8601.
    """
    return f"{n_lines:,} lines, {day_words(day)}"


def _elasticity_words(elasticity: float, between: str) -> str:
    """A tick of an axis of elasticities: the number, and the change when the price rises by a tenth."""
    return f"{elasticity:g}{between}({change_words(elasticity)})".replace("-", "−")


def change_words(effect: float) -> str:
    """What a rise of ten per cent of one plus the tariff does, in per cent."""
    return percent_words(effect * TEN_PER_CENT, decimals=0)
