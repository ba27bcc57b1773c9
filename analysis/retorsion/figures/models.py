"""Figures of models of trade: synthetic control, banned against other goods, gravity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import cycle
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    RULE,
    TEXT_SIZE,
    date_axis,
    direct_label,
    drawn,
    finish,
    new_figure,
    write_beside,
)
from retorsion.figures.trade import (
    effect_axis,
    effect_axis_vertical,
    effect_words,
    legend_above,
    percent_words,
    whisker,
)
from retorsion.sources.states import state_name

#: Colours of the phases of an event study.
_PHASES = {"lead": KINDS[1], "reference": FAINT, "after": KINDS[0]}


@drawn
def synthetic_control(
    paths: pl.DataFrame,
    gaps: pl.DataFrame,
    *,
    found: Mapping[str, Any],
    reporter_code: str,
    target_code: str,
    source: str,
) -> Figure:
    """The target's flow beside its synthetic control, and the gap beside those of all placebos.

    Args:
        paths: period_start, treated, control (log of the flow less its mean before).
        gaps: unit, is_treated, period_start, gap.
        found: rmspe_ratio, p_value, n_units, weights of the synthetic control.
        reporter_code: whose trade it is.
        target_code: the partner under measures.
        source: source line.
    """
    figure, (left, right) = new_figure("wide", columns=2, sharey=True, height=4.6)
    low, high = math.log(0.08), math.log(3)
    months = paths["period_start"].to_list()
    dashes = (0, (4, 2))
    left.plot(
        months, paths["control"].to_list(), color=MUTED, linewidth=1.8, linestyle=dashes, label="synthetic"
    )
    left.plot(months, paths["treated"].to_list(), color=KINDS[0], label="actual")
    left.set_title("Actual and synthetic exports")
    for unit in gaps.filter(~pl.col("is_treated"))["unit"].unique().sort():
        one = gaps.filter(pl.col("unit") == unit).sort("period_start")
        right.plot(one["period_start"].to_list(), one["gap"].to_list(), color=FAINT, linewidth=1.0, alpha=0.7)
    own = gaps.filter("is_treated").sort("period_start")
    right.plot(
        own["period_start"].to_list(),
        own["gap"].to_list(),
        color=KINDS[0],
        linewidth=2.6,
        label=f"to {state_name(target_code)}",
    )
    right.set_title("Actual less synthetic; grey: placebos")
    for axes in (left, right):
        effect_axis_vertical(axes, (low, high), (0.1, 0.25, 0.5, 1.0, 2.0))
        axes.set_xlim(months[0], months[-1])
        date_axis(axes, years=1)
        direct_label(axes)
    n_placebos = found["n_units"] - 1
    smallest = math.isclose(found["p_value"], 1 / found["n_units"], rel_tol=5e-3)
    largest = [one for one in found["weights"] if one["weight"] >= 0.1][:4]
    weights = ", ".join(f"{state_name(one['unit'])} {one['weight']:.0%}" for one in largest)
    return finish(
        figure,
        title=(
            f"{'No other partner' if smallest else 'Few partners'} diverged like {state_name(target_code)}, "
            f"whose misfit grew {found['rmspe_ratio']:.0f}-fold"
        ),
        subtitle=(
            f"{state_name(reporter_code)}'s monthly exports relative to their mean before the measures. Largest "
            f"weights of the synthetic series: {weights}"
        ),
        source=source,
        alt=(
            "Left: exports and their synthetic control run together before the measures and part after. "
            "Right: "
            f"the gap beside those of {n_placebos} partners treated as if they had been the target; the "
            "ratio of "
            f"errors after to before is {found['rmspe_ratio']:.1f}, p = {found['p_value']:.3f}."
        ),
    )


@drawn
def path_around_measures(
    path: pl.DataFrame,
    effect: Mapping[str, Any],
    *,
    among_goods: tuple[float | None, float | None],
    bin_months: int,
    last_month: date,
    source: str,
) -> Figure:
    """Goods under measures by time from the measure, against other goods and other areas.

    Args:
        path: period (bin of time), phase_type, estimate, lower, upper (null in the reference).
        effect: estimate over all months under a measure.
        among_goods: limits of the effects that exchanging the measures among goods does not reject; null for none
            found.
        bin_months: months in a bin.
        last_month: the last month used.
        source: source line.
    """
    rows = [{**row, "bin": row["period"]} for row in path.iter_rows(named=True)]
    rows.sort(key=lambda row: row["bin"])
    lower, upper = among_goods
    is_sure = lower is not None and upper is not None and not lower <= 0 <= upper
    figure, axes = new_figure("wide", height=3.9)
    low, high = math.log(0.02), math.log(2.6)
    for row in rows:
        colour = _PHASES[row["phase_type"]]
        if row["lower"] is not None:
            bar(axes, row["bin"], row, colour, (low, high))
        axes.plot([row["bin"]], [row["estimate"]], marker="o", color=colour, markersize=8)
    effect_axis_vertical(axes, (low, high), (0.03, 0.1, 0.25, 0.5, 1.0, 2.0))
    axes.axvline(-0.5, color=FAINT, linewidth=1.0)
    numbers = [row["bin"] for row in rows]
    axes.set_xticks(numbers, [_bin_label(n, numbers, bin_months) for n in numbers])
    axes.set_xlim(numbers[0] - 0.5, numbers[-1] + 0.5)
    axes.set_xlabel("months from the measure that names the goods")
    name_phases(axes, rows, -0.5, after="under the measure")
    return finish(
        figure,
        title=f"Goods under a measure {_moved(effect['estimate'])} against the same goods elsewhere and other goods"
        + ("" if is_sure else "; among goods there may have been no effect"),
        subtitle=f"Months to {last_month:%B %Y}; bars are 95% intervals with errors clustered by group of goods, which "
        "are too short where few groups carry most of the trade",
        source=source,
        alt="Dots with bars by time from the measure: "
        + ", ".join(
            f"{_bin_label(r['bin'], numbers, bin_months)} months {percent_words(r['estimate'])}" for r in rows
        )
        + ".",
    )


@drawn
def years_before(
    relative: pl.DataFrame, years: pl.DataFrame, *, reference_year: int, target_code: str, source: str
) -> Figure:
    """All trade with the target against comparable partners, and its goods under measures, by year.

    Args:
        relative: year, gap, spread of the partners' own gaps.
        years: period, phase_type, estimate of the triple difference by year; may be empty.
        reference_year: the year that both are relative to.
        target_code: the partner.
        source: source line.
    """
    figure, axes = new_figure("wide", height=4.0)
    low, high = math.log(0.15), math.log(2.6)
    x, gap, spread = (relative[name].to_list() for name in ("year", "gap", "spread"))
    axes.fill_between(
        x, [-2 * s for s in spread], [2 * s for s in spread], color=FAINT, alpha=0.25, linewidth=0
    )
    axes.plot(x, gap, color=KINDS[0], marker="o", markersize=5)
    shown = years.filter(pl.col("estimate").is_not_null()) if "estimate" in years.columns else years
    if len(shown):
        axes.plot(
            shown["period"].to_list(),
            shown["estimate"].to_list(),
            color=KINDS[1],
            marker="o",
            markersize=5,
        )
    effect_axis_vertical(axes, (low, high), (0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0))
    axes.axvline(reference_year + 0.5, color=FAINT, linewidth=1.0)
    axes.set_xlim(x[0] - 0.5, x[-1] + 0.5)
    axes.xaxis.set_major_locator(FixedLocator([year for year in x if (x[-1] - year) % 2 == 0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    entries = [
        (KINDS[0], "o", "all goods"),
        *([(KINDS[1], "o", "goods under measures later, against other goods")] if len(shown) else []),
    ]
    axes.set_title(" ", pad=18)
    legend_above(axes, entries)
    before = relative.filter(pl.col("year") <= reference_year)
    steps = before.with_columns((pl.col("gap") - pl.col("gap").shift(1)).alias("step")).drop_nulls("step")
    deepest = steps.sort("step", "year").row(0, named=True) if len(steps) else None
    fell = deepest is not None and deepest["step"] < -0.1
    return finish(
        figure,
        title=(
            f"Exports to {state_name(target_code)} fell by {abs(100 * math.expm1(deepest['step'])):.0f}% against other "
            f"partners from {deepest['year'] - 1} to {deepest['year']}, before these measures"
            if fell and deepest is not None
            else f"Exports to {state_name(target_code)} against those to other partners, by year"
        ),
        subtitle=(
            f"Relative to {reference_year}; the band is twice the standard deviation of the partners' own courses"
        ),
        source=source,
        alt="Lines by year. All goods: "
        + ", ".join(f"{year} {percent_words(value)}" for year, value in zip(x, gap, strict=True))
        + ".",
    )


def _moved(effect: float) -> str:
    """An effect in log points as a verb and a per cent."""
    return f"{'fell' if effect < 0 else 'rose'} by {abs(100 * math.expm1(effect)):.0f}%"


def bar(axes: Axes, x: float, row: Mapping[str, Any], colour: str, limits: tuple[float, float]) -> None:
    """Draw an interval upright, as far as the axis reaches, with arrows beyond it.

    Args:
        axes: to draw on.
        x: place.
        row: lower and upper.
        colour: of the bar.
        limits: of the axis.
    """
    ends = [max(row["lower"], limits[0]), min(row["upper"], limits[1])]
    axes.plot([x, x], ends, color=colour, linewidth=2.4, alpha=0.6, solid_capstyle="butt")
    for end, is_beyond, arrow in (
        (limits[0], row["lower"] < limits[0], "v"),
        (limits[1], row["upper"] > limits[1], "^"),
    ):
        if is_beyond:
            axes.plot([x], [end], marker=arrow, color=colour, markersize=6, clip_on=False, zorder=3)


def name_phases(axes: Axes, points: Sequence[Mapping[str, Any]], at: float, *, after: str) -> None:
    """Name what lies on either side of a break, in its colour, and the point of reference.

    Args:
        axes: with the points drawn.
        points: bin (horizontal place), phase_type and estimate of each.
        at: place of the break.
        after: what the points to the right of it are.
    """
    for words, phase, shift, side in (("before", "lead", -8, "right"), (after, "after", 8, "left")):
        axes.annotate(
            words,
            xy=(at, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(shift, 7),
            textcoords="offset points",
            ha=side,
            va="bottom",
            size=TEXT_SIZE,
            weight="bold",
            color=_PHASES[phase],
            annotation_clip=False,
        )
    for point in points:
        if point["phase_type"] == "reference":
            write_beside(
                axes, "reference", (point["bin"], point["estimate"] or 0.0), (0, -9), colour=MUTED, va="top"
            )


def _bin_label(number: int, numbers: Sequence[int], bin_months: int) -> str:
    first = number * bin_months
    if number == max(numbers):
        return f"{first} on"
    if number == min(numbers):
        return f"to −{-(first + bin_months) + 1}"
    return f"{first} to {first + bin_months - 1}".replace("-", "−")


@drawn
def coalition_by_year(
    years: pl.DataFrame, *, found: Mapping[str, Any], target_code: str, source: str
) -> Figure:
    """The coalition's purchases from the target year by year, relative to what gravity predicts.

    Args:
        years: period, phase_type (lead, reference, after), estimate.
        found: reference_year and largest_lead (log points; null without leads).
        target_code: the exporter.
        source: source line.
    """
    figure, axes = new_figure("wide", height=4.2)
    low, high = math.log(0.012), math.log(4.5)
    shifts = cycle((16, -16))  # above and below in turn: years of one level would touch
    for row in years.iter_rows(named=True):
        colour = _PHASES[row["phase_type"]]
        axes.plot([row["period"]], [row["estimate"]], marker="o", color=colour, markersize=8)
        if row["phase_type"] == "after":
            words, place = percent_words(row["estimate"]), (row["period"], row["estimate"])
            write_beside(axes, words, place, (0, next(shifts)), colour=colour, va="center", weight="bold")
    effect_axis_vertical(axes, (low, high), (0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0))
    axes.axvline(found["reference_year"] + 0.5, color=FAINT, linewidth=1.0)
    shown = sorted(years["period"].to_list())
    first, last = shown[0], shown[-1]
    axes.set_xlim(first - 0.5, last + 0.5)
    axes.xaxis.set_major_locator(FixedLocator([year for year in shown if (last - year) % 2 == 0]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    points = [{**row, "bin": row["period"]} for row in years.iter_rows(named=True)]
    name_phases(axes, points, found["reference_year"] + 0.5, after="under sanctions")
    end = years.row(-1, named=True)
    return finish(
        figure,
        title=(
            f"Point estimate for {end['period']}: sanctioning states bought "
            f"{abs(100 * math.expm1(end['estimate'])):.0f}% {'less' if end['estimate'] < 0 else 'more'} from "
            f"{state_name(target_code)} than other buyers' trade predicts"
        ),
        subtitle=(
            "Raw materials of all pairs of states, relative to what gravity predicts from other buyers. One exporter "
            "is under sanctions, so single years have no interval; "
            + (
                f"the farthest year before is {percent_words(found['largest_lead'])}"
                if found["largest_lead"] is not None
                else "no year before is seen"
            )
        ),
        source=source,
        alt="Dots with bars by year: "
        + ", ".join(
            f"{row['period']} {percent_words(row['estimate'])}" for row in years.iter_rows(named=True)
        )
        + ".",
    )


@drawn
def coalition_by_product(
    products: pl.DataFrame,
    variants: pl.DataFrame,
    without: pl.DataFrame,
    *,
    target_code: str,
    source: str,
) -> Figure:
    """The effect of membership by variant of the model, without single buyers, and by product.

    Args:
        products: name, estimate, lower, upper (null where not estimable), n_members.
        variants: variant, estimate, lower, upper.
        without: left_out (codes joined by commas; null in a row with everybody, which is not drawn),
            estimate, lower, upper.
        target_code: the exporter.
        source: source line.
    """
    known = products.filter(pl.col("estimate").is_not_null()).sort(
        "estimate", "name", descending=[True, False]
    )
    ways = [
        *((str(row["variant"]), row) for row in variants.iter_rows(named=True)),
        *(
            (_without(row["left_out"]), row)
            for row in without.drop_nulls(["left_out", "estimate"]).iter_rows(named=True)
            if row["left_out"]
        ),
    ]
    labels = [*known["name"].to_list(), *(label for label, _ in ways[::-1])]
    rows = [*known.iter_rows(named=True), *(row for _, row in ways[::-1])]
    figure, axes = new_figure("wide", height=0.38 * len(rows) + 1.2)
    limits = (math.log(0.01), math.log(12))
    heights = [i + (0.6 if i >= len(known) else 0.0) for i in range(len(rows))]
    for i, row in enumerate(rows):
        whisker(axes, row, heights[i], KINDS[0] if i >= len(known) else KINDS[1], "o", limits)
    effect_axis(axes, limits, (0.03, 0.1, 0.25, 0.5, 1.0, 3.0, 10.0))
    axes.set_yticks(heights, labels)
    axes.tick_params(axis="y", labelcolor=INK, pad=10)  # clear of arrows at the edge
    axes.set_ylim(-0.6, heights[-1] + 0.6)
    axes.axhline(len(known) - 0.2, color=RULE, linewidth=1.2)
    return finish(
        figure,
        title=(
            f"By {len(ways)} ways of measuring, sanctioning states bought "
            f"{_span([row['estimate'] for _, row in ways])} than other buyers' trade predicts"
        ),
        subtitle=(
            f"Effect of a year of membership on imports from {state_name(target_code)}; above: all products, "
            "by variant and without single buyers; below: each product. The bar is the range by ranks of other "
            "exporters, which only the first estimate has"
        ),
        source=source,
        alt="Dots with bars. "
        + "; ".join(f"{name} {effect_words(row)}" for name, row in zip(labels[::-1], rows[::-1], strict=True))
        + ".",
    )


def _without(left_out: str) -> str:
    """Names of the buyers left out, or how many they are."""
    codes = left_out.split(", ")
    return f"without {state_name(codes[0])}" if len(codes) == 1 else f"without these {len(codes)}"


def _span(effects: Sequence[float]) -> str:
    """Effects in log points as a range of how much less, how much more, or both."""
    low, high = min(effects), max(effects)
    if low <= 0 <= high:
        return f"{percent_words(low)} to {percent_words(high)}"
    near, far = sorted(abs(100 * math.expm1(effect)) for effect in (low, high))
    return f"{near:.0f}% to {far:.0f}% {'less' if high < 0 else 'more'}"
