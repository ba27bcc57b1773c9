"""Figures of trade around measures: the months themselves, and every estimate of what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from retorsion.figures import phone
from retorsion.figures.days import day_words
from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    PAPER,
    TEXT_SIZE,
    date_axis,
    direct_label,
    drawn,
    finish,
    mark_dates,
    new_figure,
    side_colour,
    upright_grid,
)
from retorsion.findings import written
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

#: The p-value up to which a test speaks against no change in the words of a page.
SIGNIFICANCE = 0.05

#: Ratios at which an axis of effects is ticked.
_TICKS = (0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 10.0)


def percent_change(effect: float) -> float:
    """Per cent change of an effect in log points."""
    return 100 * math.expm1(effect)


def percent_words(effect: float, *, decimals: int = 0) -> str:
    """Per cent change of an effect in log points, signed, for axes and alternative texts."""
    words = f"{percent_change(effect):+.{decimals}f}%".replace("-", "−")
    return written("0%" if abs(percent_change(effect)) < 0.5 else words, effect)


def effect_words(estimate: Mapping[str, Any], *, decimals: int = 0) -> str:
    """An estimate in log points as per cent change with its interval.

    Args:
        estimate: estimate, lower and upper; the limits null where the method has none.
        decimals: of the per cent.

    Example:
        >>> effect_words({"estimate": -0.774, "lower": -1.016, "upper": -0.52})
        '−54% (−64% to −41%)'
    """
    words = percent_words(estimate["estimate"], decimals=decimals)
    if estimate["lower"] is None or estimate["upper"] is None:
        return written(words, estimate)
    low, high = (percent_words(estimate[limit], decimals=decimals) for limit in ("lower", "upper"))
    return written(f"{words} ({low} to {high})", estimate)


def reaches_none(estimate: Mapping[str, Any]) -> bool:
    """Whether the interval of an estimate in log points holds no change; False without an interval."""
    lower, upper = estimate["lower"], estimate["upper"]
    return lower is not None and upper is not None and lower <= 0 <= upper


def reach(estimate: Mapping[str, Any]) -> str:
    """What a title must add where the interval holds no change."""
    return ", but the estimate is too uncertain to rule out no change" if reaches_none(estimate) else ""


def p_words(p_value: float | None) -> str:
    """A p-value to three digits; one that rounds to nothing is told as less than the last of them."""
    if p_value is None:
        return "–"
    return written("< 0.001" if p_value < 0.001 else f"{p_value:.3f}", p_value)


@drawn
def monthly_trade(
    series: pl.DataFrame,
    marks: Mapping[str, pl.DataFrame],
    *,
    effects: Mapping[str, Mapping[str, Any]],
    reporter_code: str,
    target_code: str,
    pair: Sequence[str],
    value_column: str,
    source: str,
) -> Figure:
    """Monthly exports and imports with the measures marked and the course without them.

    Args:
        series: flow_type, period_start, value (unit of ``value_column``), counterfactual,
            counterfactual_lower and counterfactual_upper (null where not estimated).
        marks: per flow type, date and label of each measure.
        effects: per flow type, the mean effect of the last episode: estimate, lower, upper, level.
        reporter_code: whose trade it is.
        target_code: the partner.
        pair: codes of the two sides.
        value_column: column of ``trade_flows`` that ``value`` was taken from, which has the currency.
        source: source line.
    """
    billion, currency = fields()[value_column].money
    flows = [flow for flow in ("export", "import") if flow in marks]
    reporter, target = state_name(reporter_code), state_name(target_code)
    figure, panels = new_figure("wide", rows=len(flows), height=3.6 * len(flows), squeeze=False)
    is_cut = False
    for axes, flow in zip(panels[:, 0], flows, strict=True):
        colour = side_colour(reporter_code if flow == "export" else target_code, pair)
        one = series.filter(pl.col("flow_type") == flow)
        months, billions = one["period_start"].to_list(), (one["value"] * billion).to_list()
        known = one.filter(pl.col("counterfactual").is_not_null())
        course = {
            name: (known[name] * billion).to_list()
            for name in ("counterfactual", "counterfactual_lower", "counterfactual_upper")
        }
        dates = known["period_start"].to_list()
        limits = (course["counterfactual_lower"], course["counterfactual_upper"])
        axes.fill_between(dates, *limits, color=FAINT, alpha=0.25, linewidth=0)
        dashed = {"color": MUTED, "linewidth": 1.6, "linestyle": (0, (4, 2))}
        axes.plot(dates, course["counterfactual"], **dashed, label="like others")
        axes.plot(months, billions, color=colour, label="actual")
        axes.set_ylim(0, top := 1.3 * max(*billions, *course["counterfactual"]))
        is_cut = is_cut or max(course["counterfactual_upper"], default=0) > top
        axes.set_xlim(months[0], months[-1])
        heading = f"Exports to {target}" if flow == "export" else f"Imports from {target}"
        date_axis(axes, years=1)
        direct_label(axes)
        names = mark_dates(axes, marks[flow])
        rise = max((note.get_position()[1] for note in names), default=0.0)
        axes.set_title(heading, pad=rise + TEXT_SIZE + 8)
        axes.set_ylabel(f"billion {currency} a month")
    told = effects[flows[0]]
    return finish(
        figure,
        title=(
            f"{reporter}'s {flows[0]}s {'to' if flows[0] == 'export' else 'from'} {target} are "
            f"{gap_words(told)} where trade with other partners suggests they would be"
        ),
        subtitle=(
            "Monthly value. Dashed: its course if it had moved like trade with comparable partners since the "
            f"year before the first measure. Grey: the range of {_held(effects[flow] for flow in flows)} of "
            f"those partners{', which goes on above the panel where it is cut' if is_cut else ''}"
        ),
        source=source,
        alt="One panel a direction: a line by month, a dashed course without measures, marked dates. "
        + " ".join(
            f"{flow.capitalize()}s in the last period lie {percent_words(effects[flow]['estimate'])} from "
            "that "
            f"course ({percent_words(effects[flow]['lower'])} to {percent_words(effects[flow]['upper'])})."
            for flow in flows
        ),
    )


def gap_words(effect: Mapping[str, Any]) -> str:
    """How far below or above no change an effect lies, and its interval, with signs where that holds no change.

    Example:
        >>> gap_words({"estimate": -0.774, "lower": -1.016, "upper": -0.52})
        '54% (41% to 64%) below'
    """
    if reaches_none(effect):
        size = effect_words(effect).removeprefix("−").removeprefix("+")
    else:
        sizes = [abs(percent_change(effect[name])) for name in ("estimate", "lower", "upper")]
        size = f"{sizes[0]:.0f}% ({min(sizes[1:]):.0f}% to {max(sizes[1:]):.0f}%)"
    return written(f"{size} {'below' if effect['estimate'] < 0 else 'above'}", effect)


def _held(estimates: Iterable[Mapping[str, Any]]) -> str:
    """The level that intervals hold or, where they differ, the lowest and the highest."""
    levels = sorted(round(100 * one["level"]) for one in estimates if one["level"] is not None)
    return f"{levels[0]}%" if levels[0] == levels[-1] else f"{levels[0]}% to {levels[-1]}%"


def whisker(
    axes: Axes,
    row: Mapping[str, Any],
    place: float,
    colour: str,
    marker: str,
    limits: tuple[float, float],
    *,
    upright: bool = False,
) -> None:
    """Draw one estimate: a bar as far as the axis reaches, arrows beyond it, and the point if it is on it.

    An estimate without an interval has no bar.

    Args:
        axes: to draw on.
        row: estimate, lower and upper.
        place: of the estimate on the other axis.
        colour: of bar and point.
        marker: of the point.
        limits: of the axis of estimates.
        upright: whether that is the vertical axis.
    """

    def mark(values: Sequence[float], **look: Any) -> None:
        places = [place] * len(values)
        axes.plot(*((places, values) if upright else (values, places)), color=colour, **look)

    lower, upper = (row["estimate"] if row[name] is None else row[name] for name in ("lower", "upper"))
    left, right = max(lower, limits[0]), min(upper, limits[1])
    if right > left:
        mark([left, right], linewidth=2.2, solid_capstyle="butt", zorder=2)
    for end, is_beyond, arrow in (
        (limits[0], lower < limits[0], "v" if upright else "<"),
        (limits[1], upper > limits[1], "^" if upright else ">"),
    ):
        if is_beyond:
            mark([end], marker=arrow, markersize=6, clip_on=False, zorder=3)
    if limits[0] <= row["estimate"] <= limits[1]:
        mark([row["estimate"]], marker=marker, markersize=7.5, markeredgecolor=PAPER, zorder=4)


def effect_axis(axes: Axes, limits: tuple[float, float], ticks: Sequence[float] = _TICKS) -> None:
    """A horizontal axis of log points, read as changes in per cent."""
    inside = [math.log(tick) for tick in ticks if limits[0] <= math.log(tick) <= limits[1]]
    axes.set_xlim(*limits)
    axes.xaxis.set_major_locator(FixedLocator(inside))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_words(value)))
    upright_grid(axes)
    axes.axvline(0, color=MUTED, linewidth=1.2, zorder=1)


def effect_axis_vertical(axes: Axes, limits: tuple[float, float], ticks: Sequence[float] = _TICKS) -> None:
    """A vertical axis of log points, read as changes in per cent."""
    inside = [math.log(tick) for tick in ticks if limits[0] <= math.log(tick) <= limits[1]]
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(FixedLocator(inside))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: percent_words(value)))
    axes.axhline(0, color=MUTED, linewidth=1.2, zorder=1)


def legend_above(axes: Axes, entries: Sequence[tuple[str, str, str]], *, rise: float = 1.01) -> None:
    """Names of colours in one row between an axes and its title, which needs a pad of 30 (18 without words).

    Args:
        axes: with everything drawn.
        entries: colour, marker (empty for a plain line) and name of each.
        rise: where the row begins, in heights of the axes.
    """
    for colour, marker, label in entries:
        axes.plot([], [], marker=marker, color=colour, label=label, markersize=7, linewidth=2.2)
    handles = axes.get_legend_handles_labels()
    axes.legend(
        handles[0][-len(entries) :],
        handles[1][-len(entries) :],
        loc="lower left",
        bbox_to_anchor=(0, rise),
        ncols=len(entries),
        borderpad=0.2,
        handletextpad=0.5,
        columnspacing=1.4,
    ).set_in_layout(False)


def title_pad(axes: Axes, panels: Sequence[Sequence[Axes]]) -> float:
    """Points between a panel and its title: more in the first row, which has names of colours below its titles.

    Args:
        axes: the panel.
        panels: all, row by row.
    """
    first = panels[0][:1] if phone.is_wanted() else panels[0]  # on a phone each panel has a row of its own
    return 32.0 if any(axes is one for one in first) else 8.0


@drawn
def event_study(effects: pl.DataFrame, studies: Sequence[Mapping[str, Any]], *, source: str) -> Figure:
    """Month-by-month distance from the comparison series, with leads and months of anticipation.

    Args:
        effects: measure, event_month, phase_type, effect, lower, upper.
        studies: measure, date, level, leads, anticipation and placebo of each, in the order drawn.
        source: source line.
    """
    figure, panels = new_figure("wide", columns=len(studies), sharey=True, height=4.7, squeeze=False)
    before, after = KINDS[1], KINDS[0]
    colours = {"lead": before, "anticipation": before, "after": after, "reference": FAINT}
    low = math.log(0.045)
    for axes, study in zip(panels[0], studies, strict=True):
        rows = effects.filter((pl.col("measure") == study["measure"]) & pl.col("effect").is_not_null())
        for row in rows.iter_rows(named=True):
            colour, month = colours[row["phase_type"]], row["event_month"]
            if row["lower"] is not None:
                axes.plot(
                    [month, month],
                    [max(row["lower"], low), row["upper"]],
                    color=colour,
                    linewidth=1.8,
                    alpha=0.55,
                    solid_capstyle="butt",
                )
            axes.plot([month], [row["effect"]], marker="o", color=colour, markersize=4.8)
        axes.axvline(-0.5, color=FAINT, linewidth=1.0)
        axes.set_title(f"{study['measure']}, {day_words(study['date'])}", pad=title_pad(axes, panels))
        axes.set_xlabel("months from the measure")
        effect_axis_vertical(axes, (low, math.log(4)), (0.05, 0.1, 0.25, 0.5, 1.0, 2.0))
    legend_above(
        panels[0][0],
        [(FAINT, "o", "reference year"), (before, "o", "before the measure"), (after, "o", "after")],
    )
    furthest = [is_furthest(study["placebo"]) for study in studies]
    changes = [study["placebo"]["actual"] for study in studies]
    verb = "fell" if max(changes) < 0 else "rose" if min(changes) > 0 else "moved"
    outcome = (
        f"{verb} more than those to any of {studies[0]['placebo']['n_space']} other partners"
        if all(furthest)
        else f"{verb}, though not more than those to every other partner"
    )
    early = before_words(studies)
    return finish(
        figure,
        title=f"{early}; then exports {outcome}" if early else f"After each measure exports {outcome}",
        subtitle=(
            "Exports compared with the same month of the reference year, less the mean change of the comparison "
            f"partners; bars hold {_held(studies)} of those partners' own deviations"
        ),
        source=source,
        alt=f"Dots by month around {len(studies)} measures. "
        + " ".join(
            f"{study['measure']}: in the first full months after it, "
            f"{percent_words(study['placebo']['actual'])} against the same number of months before."
            for study in studies
        ),
    )


#: Fewest leads of a study for a title to say that nothing moved before: half a year, so that a drift over
#: some months would be seen. With less, a quiet month or two is no evidence of a quiet course.
MINIMUM_LEADS = 6


def _leads(study: Mapping[str, Any]) -> int:
    """Months before the reference year with an estimate; those of that year are zero by construction."""
    return sum(row["p_value"] is not None for row in study["leads"])


def before_words(studies: Sequence[Mapping[str, Any]]) -> str:
    """What the months before the measures say; nothing where there are too few leads to say it.

    Args:
        studies: leads and anticipation of each, with the p_value of every month.
    """
    early = [row["p_value"] for study in studies for row in (*study["leads"], *study["anticipation"])]
    if any(p_value is not None and p_value <= SIGNIFICANCE for p_value in early):
        return "Trade moved before a measure"
    fewest = min(_leads(study) for study in studies)
    return f"Nothing moved in the {fewest} leads" if fewest >= MINIMUM_LEADS else ""


def lead_words(studies: Sequence[Mapping[str, Any]]) -> str:
    """How many months before each measure are estimated, which a reader needs to judge a quiet course.

    Args:
        studies: measure, leads and anticipation of each.
    """
    return "Months estimated before: " + "; ".join(
        f"{study['measure']} {_leads(study)} lead{'' if _leads(study) == 1 else 's'}, "
        f"{len(study['anticipation'])} of anticipation"
        for study in studies
    )


def is_furthest(placebo: Mapping[str, Any]) -> bool:
    """Whether no other series changed as much: the p-value in space is the smallest attainable."""
    smallest = 1 / (1 + int(placebo["n_space"]))
    return placebo["p_value_space"] is not None and math.isclose(
        placebo["p_value_space"],
        smallest,
        rel_tol=5e-3,  # findings round p-values
    )


@drawn
def estimators(table: pl.DataFrame, *, episodes: Sequence[str], source: str) -> Figure:
    """Every estimate of one effect side by side, one panel an episode.

    Args:
        table: episode, label (of the estimator), family_type (own: against the target's own past; comparison:
            against other partners), estimate, lower, upper (log points, limits null where there are none),
            level; in the order drawn.
        episodes: the panels, in time order.
        source: source line.
    """
    labels = table["label"].unique(maintain_order=True).to_list()[::-1]
    figure, panels = new_figure(
        "wide", columns=len(episodes), sharey=True, height=0.36 * len(labels) + 1.4, squeeze=False
    )
    limits = (math.log(0.02), math.log(1.6))
    colours = {"own": FAINT, "comparison": KINDS[0]}
    for axes, episode in zip(panels[0], episodes, strict=True):
        rows = table.filter((pl.col("episode") == episode) & pl.col("estimate").is_not_null())
        for row in rows.iter_rows(named=True):
            whisker(axes, row, labels.index(row["label"]), colours[row["family_type"]], "o", limits)
        effect_axis(axes, limits, (0.03, 0.1, 0.4, 1.0))
        axes.set_title(f"after: {episode}", pad=title_pad(axes, panels))
    panels[0][0].set_yticks(range(len(labels)), labels)
    panels[0][0].tick_params(axis="y", labelcolor=INK, pad=10)
    panels[0][0].set_ylim(-0.6, len(labels) - 0.4)
    legend_above(
        panels[0][0],
        [(KINDS[0], "o", "against other partners"), (FAINT, "o", "against its own past")],
    )
    known = table.filter(pl.col("estimate").is_not_null())
    spans = {
        family: known.filter((pl.col("family_type") == family) & (pl.col("episode") == episodes[-1]))[
            "estimate"
        ]
        for family in colours
    }
    told = spans["comparison"] if len(spans["comparison"]) else spans["own"]
    low, high = sorted(abs(percent_change(value)) for value in (told.min(), told.max()))  # type: ignore[arg-type]
    all_fall = known["estimate"].max() < 0  # type: ignore[operator]
    n_sure = known.filter(pl.col("upper") < 0).height
    return finish(
        figure,
        title=(
            f"{'Every point estimate is a fall in exports' if all_fall else 'The methods disagree'}: after "
            f"{episodes[-1]}, comparisons with other partners give {low:.0f}% to {high:.0f}%"
        ),
        subtitle=(
            "Mean change of exports after each measure; bars are intervals that hold "
            f"{_held(known.drop_nulls('lower').iter_rows(named=True))}, arrows run off the scale"
        ),
        source=source,
        alt=f"{known.height} estimates in {len(episodes)} panels, {n_sure} with intervals wholly below no "
        "change. "
        + " ".join(
            f"After {row['episode']}, {row['label']}: {percent_words(row['estimate'])}."
            for row in known.filter(pl.col("family_type") == "comparison").iter_rows(named=True)
        ),
    )
