"""Figures of where trade went, who took whose place, and what is price and what is volume."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    PAPER,
    RULE,
    TEXT_SIZE,
    direct_label,
    drawn,
    finish,
    mark_dates,
    new_figure,
    side_colour,
    tip,
    upright_grid,
    write_beside,
)
from retorsion.figures.trade import legend_above, title_pad
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

mdates: Any = dates  # has no types

#: Names of the groups of destinations that are not one state.
GROUPS = {"coalition": "Sanctioning states", "other": "All others"}


def destination_name(group: str) -> str:
    """Name of a destination: a state, the coalition or the rest."""
    return GROUPS.get(group) or state_name(group)


def _colours(named: Sequence[str]) -> dict[str, str]:
    return {"coalition": INK, **dict(zip(named, KINDS, strict=False)), "other": FAINT}


@drawn
def destinations_over_time(
    groups: pl.DataFrame,
    named: Sequence[str],
    *,
    target_code: str,
    base_year: int,
    source: str,
    goods: str = "goods",
    note: str = "",
    marks: pl.DataFrame | None = None,
    marks_of: str = "",
) -> Figure:
    """Shares of the target's exports by destination and year, stacked to a hundred per cent.

    Args:
        groups: year, group (coalition, a state, or other), value (thousand US dollars), share.
        named: states shown by name, largest first, at most four.
        target_code: the exporter.
        base_year: last year before the measures.
        source: source line.
        goods: what they are.
        note: what a reader must know of the record of some years, as the end of a sentence.
        marks: date and label of measures on these goods.
        marks_of: name of the state whose measures are marked.
    """
    colours = _colours(named)
    years = sorted(groups["year"].unique().to_list())
    found = {(row["group"], row["year"]): row for row in groups.iter_rows(named=True)}
    values = {
        group: [100 * found[group, year]["share"] if (group, year) in found else 0.0 for year in years]
        for group in colours
    }
    figure, axes = new_figure("wide", height=4.8)
    bottom = [0.0] * len(years)
    middles = [float(mdates.date2num(date(year, 7, 1))) for year in years]
    labels: list[tuple[float, str, str]] = []
    for group, colour in colours.items():
        top = [a + b for a, b in zip(bottom, values[group], strict=True)]
        axes.fill_between(middles, bottom, top, facecolor=colour, linewidth=0.8, edgecolor=PAPER)
        labels.append(
            ((bottom[-1] + top[-1]) / 2, destination_name(group), MUTED if group == "other" else colour)
        )
        bottom = top
    for height, name, colour in labels:
        drawn_as = {"size": TEXT_SIZE, "weight": "bold", "annotation_clip": False, "gid": "direct-label"}
        write_beside(axes, name, (middles[-1], height), (8, 0), colour=colour, **drawn_as)
    axes.set_xlim(middles[0], middles[-1])
    axes.set_ylim(0, 100)
    axes.yaxis.set_major_formatter(PercentFormatter(100))
    ticks = [year for year in years if (years[-1] - year) % 3 == 0]
    axes.set_xticks([middles[years.index(year)] for year in ticks], [str(year) for year in ticks])
    end_of_base = float(mdates.date2num(date(base_year + 1, 1, 1)))
    axes.axvline(end_of_base, color=PAPER, linewidth=1.6, linestyle=(0, (3, 3)))
    has_marks = marks is not None and len(marks) > 0
    if marks is not None:
        mark_dates(axes, marks, over=PAPER)
    before, after = (found["coalition", year]["share"] for year in (base_year, years[-1]))
    start = years.index(base_year)
    return finish(
        figure,
        title=(
            f"Sanctioning states' share of {state_name(target_code)}'s sales of these goods fell from "
            f"{before:.0%} in {base_year} to {after:.0%} in {years[-1]}"
        ),
        subtitle=(
            f"Exports of {goods}, by destination, shares of their value: "
            f"{_billions(groups, base_year)} billion US dollars in {base_year}, {_billions(groups, years[-1])} billion "
            f"in {years[-1]}. Broken line: end of the last year before the sanctions"
            + (f". Marked: measures of {marks_of}" if has_marks else "")
            + (f". {note}" if note else "")
        ),
        source=source,
        alt=f"Stacked areas from {years[0]} to {years[-1]}. From {base_year} to {years[-1]}, per cent: "
        + ", ".join(
            f"{destination_name(group)} {values[group][start]:.0f} to {values[group][-1]:.0f}"
            for group in colours
        )
        + "."
        + (f" Marked measures of {marks_of}: {_dated(marks)}." if marks is not None and has_marks else ""),
    )


def _billions(groups: pl.DataFrame, year: int) -> str:
    """Value of one year's exports, from thousand to billion dollars."""
    return f"{math.fsum(groups.filter(pl.col('year') == year)['value']) / 1e6:,.0f}"


def _dated(marks: pl.DataFrame) -> str:
    """Marked dates in words, for alternative texts."""
    return ", ".join(f"{row['label']} {row['date']}" for row in marks.iter_rows(named=True))


@drawn
def destination_shares(
    shares: pl.DataFrame,
    named: Sequence[str],
    *,
    target_code: str,
    products: Sequence[str],
    source: str,
) -> Figure:
    """Share of each product's exports by destination, before and after, as bars of a hundred per cent.

    Args:
        shares: name (of the product), year (two), group, share.
        named: states shown by name, at most four.
        target_code: the exporter.
        products: names, in the order drawn.
        source: source line.
    """
    first, last = sorted(shares["year"].unique().to_list())
    colours = _colours(named)
    columns = 2
    n_rows = math.ceil(len(products) / columns)
    figure, panels = new_figure(
        "wide", rows=n_rows, columns=columns, sharex=True, height=1.25 * n_rows + 0.8, squeeze=False
    )
    falls = []
    for axes, name in zip(panels.flat, products, strict=False):
        found = {
            (row["group"], row["year"]): 100 * row["share"]
            for row in shares.filter(pl.col("name") == name).iter_rows(named=True)
        }
        for place, year in enumerate((last, first)):
            _whole_bar(axes, place, {group: found.get((group, year), 0.0) for group in colours}, colours)
        falls.append((found.get(("coalition", last), 0.0) - found.get(("coalition", first), 0.0), name))
        axes.set_title(name, pad=title_pad(axes, panels))
        axes.set_yticks([0, 1], [str(last), str(first)])
        axes.set_ylim(-0.5, 1.5)
        axes.set_xlim(0, 100)
        axes.xaxis.set_major_formatter(PercentFormatter(100))
        axes.grid(visible=False)
    for axes in list(panels.flat)[len(products) :]:
        axes.set_visible(False)
    legend_above(panels[0][0], [(colour, "s", destination_name(group)) for group, colour in colours.items()])
    n_fell = sum(fall < 0 for fall, _ in falls)
    worst, where = min(falls)
    number = "all" if n_fell == len(falls) else f"{n_fell} of"
    return finish(
        figure,
        title=(
            f"Sanctioning states' share fell in {number} {len(products)} products, most in {where.lower()}"
        ),
        subtitle=f"Shares of {state_name(target_code)}'s exports of each product by destination, per cent of value",
        source=source,
        alt=(
            f"Bars of a hundred per cent for {first} and {last} in {len(products)} panels. Change of the sanctioning "
            f"states' share in percentage points, the largest {worst:+.0f}: "
            + ", ".join(f"{name} {fall:+.0f}" for fall, name in sorted(falls))
            + "."
        ),
    )


def _whole_bar(axes: Axes, place: float, parts: Mapping[str, float], colours: Mapping[str, str]) -> None:
    """A bar of all parts, in per cent, with the number on each part that has room for it."""
    start = 0.0
    for group, part in parts.items():
        (bar,) = axes.barh([place], [part], left=start, height=0.78, color=colours[group], linewidth=0.8)
        tip(bar, f"{destination_name(group)}: {part:.0f}%")
        if part >= 8:
            ink = INK if group == "other" else PAPER
            write_beside(axes, f"{part:.0f}", (start + part / 2, place), (0, 0), colour=ink)
        start += part


@drawn
def offset_choices(
    choices: pl.DataFrame, made_up: Mapping[str, Any], *, target_code: str, source: str
) -> Figure:
    """What others bought more as a share of what sanctioning states bought less, as told and counted otherwise.

    Args:
        choices: choice_type, choice, base_years, comparison_years, offset_share; the one told comes first.
        made_up: the range: estimate, lower, upper, n_choices.
        target_code: the exporter.
        source: source line.
    """
    known = choices.filter(pl.col("offset_share").is_not_null())
    rows = known.sort("offset_share", maintain_order=True)
    figure, axes = new_figure("wide", height=0.36 * len(rows) + 0.7)
    axes.axvline(1, color=MUTED, linewidth=1.2, zorder=1)
    told = float(known["offset_share"][0])
    for y, row in enumerate(rows.iter_rows(named=True)):
        is_told = row["choice_type"] == "told"
        colour = INK if is_told else KINDS[0]
        share = row["offset_share"]
        axes.plot([told, share], [y, y], color=RULE, linewidth=2.2, zorder=2)
        axes.plot([share], [y], marker="D" if is_told else "o", color=colour, markersize=8, zorder=3)
        axes.annotate(
            f"{share:.0%}",
            xy=(share, y),
            xytext=(9, 0) if share >= told else (-9, 0),
            textcoords="offset points",
            ha="left" if share >= told else "right",
            va="center",
            size=TEXT_SIZE - 1,
            weight="bold" if is_told else "normal",
            color=colour,
        )
    axes.set_yticks(range(len(rows)), [choice_words(row) for row in rows.iter_rows(named=True)])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.margins(x=0.14)
    upright_grid(axes)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    n_all = known.filter((pl.col("offset_share") >= 1) & (pl.col("choice_type") != "told")).height
    return finish(
        figure,
        title=(
            f"Others' extra purchases from {state_name(target_code)} equal {made_up['lower']:.0%} to "
            f"{made_up['upper']:.0%} of the loss in sanctioning states; the whole of it by {n_all or 'none'} of "
            f"{made_up['n_choices']} other ways to count"
        ),
        subtitle="What others bought more, in per cent of what sanctioning states bought less; one choice changed at "
        "a time",
        source=source,
        alt="Dots, one a way of counting. "
        + "; ".join(f"{choice_words(row)} {row['offset_share']:.0%}" for row in rows.iter_rows(named=True))
        + ".",
    )


def choice_words(row: Mapping[str, Any]) -> str:
    """How a row of the choices counts, in few words.

    Args:
        row: choice_type, choice, base_years and comparison_years.
    """
    years = f"{row['base_years']} to {row['comparison_years']}".replace("-", "–")
    words = {
        "told": f"headline: {years}",
        "record": f"with {row['choice']}",
        "years": years,
        "prices": f"at prices of {row['choice']}".replace("-", "–"),
        "without": f"without {_within_words(str(row['choice']))}",
        "unrecorded": "buyers without a record, as last seen",
    }
    return words[row["choice_type"]]


def _within_words(name: str) -> str:
    """A name inside a sentence: without its capital, unless it is an abbreviation."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


def _bars(axes: Axes, shown: pl.DataFrame) -> None:
    """What prices and volumes did to each product, from the bottom up."""
    y = list(range(len(shown)))
    axes.barh([i + 0.19 for i in y], shown["price"].to_list(), height=0.36, color=KINDS[1], label="price")
    axes.barh([i - 0.19 for i in y], shown["volume"].to_list(), height=0.36, color=KINDS[0], label="volume")
    axes.plot(
        shown["value"].to_list(),
        y,
        linestyle="none",
        marker="D",
        color=INK,
        markersize=7,
        markeredgecolor=PAPER,
        label="together",
        zorder=5,
    )
    axes.set_yticks(y, shown["name"].to_list())
    axes.tick_params(axis="y", labelcolor=INK, pad=10)  # clear of a mark at the very edge
    axes.margins(x=0.08)
    upright_grid(axes)
    axes.axvline(0, color=MUTED, linewidth=1.2)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 5, 10]))


@drawn
def price_and_volume(
    parts: pl.DataFrame,
    *,
    reporter_code: str,
    target_code: str,
    n_products: int,
    left_out: Mapping[tuple[int, int], Sequence[str]] | None = None,
    source: str,
) -> Figure:
    """Change in the value of the reporter's imports by product, split into price and volume, per window.

    Args:
        parts: base_year, comparison_year, name, change, price_effect, volume_effect, entry, exit (thousand US
            dollars).
        reporter_code: the importer.
        target_code: the exporter.
        n_products: products shown in each window, by size of the gross change.
        left_out: names of products that a window (base and comparison year) leaves out. The title tells the
            first of the windows that leave out fewest.
        source: source line.
    """
    windows = parts.select("base_year", "comparison_year").unique(maintain_order=True).rows()
    figure, panels = new_figure("wide", columns=len(windows), height=0.56 * n_products + 1.3, squeeze=False)
    sums = []
    for axes, (base, after) in zip(panels[0], windows, strict=True):
        is_window = (pl.col("base_year") == base) & (pl.col("comparison_year") == after)
        one = parts.filter(is_window).select(
            "name",
            (pl.col("change") / 1e6).alias("value"),
            (pl.col("price_effect") / 1e6).alias("price"),
            # what comes in or stops altogether has no price in one of the years
            ((pl.col("volume_effect") + pl.col("exit") + pl.col("entry")) / 1e6).alias("volume"),
        )
        shown = (
            one.sort(pl.col("price").abs() + pl.col("volume").abs(), "name", descending=[True, False])
            .head(n_products)
            .reverse()
        )
        _bars(axes, shown)
        axes.set_title(f"{base} to {after}", pad=title_pad(axes, panels))
        axes.set_xlabel("billion US dollars")
        sums.append((base, after, *(float(one[part].sum()) for part in ("price", "volume", "value"))))
    panels[0][0].legend(
        loc="lower left", bbox_to_anchor=(0, 1.01), ncols=3, borderpad=0.2, handletextpad=0.5
    ).set_in_layout(False)
    absent = left_out or {}
    base, after, price, volume, change = min(sums, key=lambda one: len(absent.get((one[0], one[1]), ())))
    reporter, target = state_name(reporter_code), state_name(target_code)
    missing = absent.get((base, after), ())
    title = (
        f"From {base} to {after} {reporter} paid {target} ${abs(change):.1f} billion "
        f"{'more' if change > 0 else 'less'}"
        + (f", without {_listed(missing)}" if missing else "")
        + f": {_signed(price)} by prices, {_signed(volume)} by volumes"
    )
    without = "".join(
        f"; without {_listed(names)} from {a} to {b}: records differ"
        for (a, b), names in absent.items()
        if names
    )
    return finish(
        figure,
        title=title,
        subtitle="Change in the value of imports of raw materials; goods that stopped or began count as volume"
        f"{without}",
        source=source,
        alt="Bars by product. "
        + " ".join(
            f"{a} to {b}: price {p:+.1f}, volume {v:+.1f}, together {c:+.1f} billion dollars."
            for a, b, p, v, c in sums
        ),
    )


def _signed(billions: float) -> str:
    return f"{billions:+.1f}".replace("-", "−")


def _listed(names: Sequence[str]) -> str:
    """Names of products inside a sentence."""
    words = [_within_words(name) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@drawn
def replacement(
    suppliers: pl.DataFrame,
    *,
    target_code: str,
    reporter_code: str,
    pair: Sequence[str],
    n_suppliers: int,
    source: str,
) -> Figure:
    """Suppliers' shares of the reporter's imports before and after, one panel a product.

    Args:
        suppliers: name (of the product), base_year, comparison_year, exporter_code, role_type, share_base,
            share_comparison; shares of tonnes.
        target_code: the supplier whose place is in question.
        reporter_code: the importer.
        pair: codes of the two sides.
        n_suppliers: others shown besides the target, those that gained most.
        source: source line.
    """
    rows = suppliers.with_columns((pl.col("share_comparison") - pl.col("share_base")).alias("points"))
    products = rows["name"].unique(maintain_order=True).to_list()
    n_rows = math.ceil(len(products) / 2)
    figure, panels = new_figure("wide", columns=2, rows=n_rows, height=2.2 * n_rows, squeeze=False)
    told = []
    for axes, product in zip(panels.flat, products, strict=False):
        one = rows.filter((pl.col("name") == product) & pl.col("points").is_not_null())
        own = one.filter(pl.col("role_type") == "target")
        others = one.filter(pl.col("role_type") == "other").sort(
            "points", "exporter_code", descending=[True, False]
        )
        shown = pl.concat([own, others.head(n_suppliers)]).reverse()
        largest = 100 * max(shown["share_base"].to_list() + shown["share_comparison"].to_list())
        for y, row in enumerate(shown.iter_rows(named=True)):
            colour = side_colour(row["exporter_code"], pair, MUTED)
            a, b = 100 * row["share_base"], 100 * row["share_comparison"]
            axes.plot([a, b], [y, y], color=colour, linewidth=2.2, zorder=2)
            axes.plot(
                [a], [y], marker="o", color=PAPER, markeredgecolor=colour, markeredgewidth=1.8, zorder=3
            )
            axes.plot([b], [y], marker="o", color=colour, zorder=4)
            write_beside(axes, f"{a:.0f} → {b:.0f}", (max(a, b), y), (9, 0), colour=colour)
        axes.set_yticks(range(len(shown)), [state_name(code) for code in shown["exporter_code"]])
        axes.tick_params(axis="y", labelcolor=INK)
        axes.set_ylim(-0.6, len(shown) - 0.4)
        axes.set_xlim(-0.03 * largest, 1.32 * largest)
        upright_grid(axes)
        years = one.select("base_year", "comparison_year").row(0)
        axes.set_title(f"{product}, {years[0]} to {years[1]}")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))
        axes.xaxis.set_major_formatter(PercentFormatter(100, decimals=0))
        told.append((product, own.row(0, named=True), others.row(0, named=True)))
    for axes in list(panels.flat)[len(products) :]:
        axes.set_visible(False)
    product, own_row, gainer = told[0]
    target, reporter = state_name(target_code), state_name(reporter_code)
    return finish(
        figure,
        title=(
            f"{target}'s share of {reporter}'s {product.lower()} went from {own_row['share_base']:.0%} to "
            f"{own_row['share_comparison']:.0%}; {state_name(gainer['exporter_code'])} gained most"
        ),
        subtitle=f"Shares of {reporter}'s imports in tonnes; open dot before, full dot after",
        source=source,
        alt="Dots joined by lines, by supplier. Change of shares in percentage points: "
        + " ".join(
            f"{name}: {target} {100 * a['points']:+.0f}, {state_name(b['exporter_code'])} "
            f"{100 * b['points']:+.0f}."
            for name, a, b in told
        ),
    )


@drawn
def mirror(
    rows: pl.DataFrame, *, reporter_code: str, target_code: str, value_column: str, source: str
) -> Figure:
    """The worldwide source over the reporter's own record of the same imports, by product and year.

    Args:
        rows: year, group_code, ratio (null where one side has nothing).
        reporter_code: the importer.
        target_code: the exporter.
        value_column: column of the reporter's own record, which has the currency of both.
        source: source line.
    """
    figure, axes = new_figure("wide", height=3.3)
    known = rows.filter(pl.col("ratio").is_not_null())
    years = sorted(rows["year"].unique().to_list())
    groups = rows["group_code"].unique().sort().to_list()
    axes.axhline(100, color=MUTED, linewidth=1.2)
    for group, colour, marker in zip(groups, KINDS, "osD^", strict=False):
        one = known.filter(pl.col("group_code") == group)
        percent = (100 * one["ratio"]).to_list()
        axes.plot(
            one["year"].to_list(), percent, color=colour, marker=marker, label=group, clip_on=False, zorder=3
        )
        axes.annotate(
            f"{percent[0]:.0f}%",
            xy=(one["year"][0], percent[0]),
            xytext=(-9, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            size=TEXT_SIZE,
            color=colour,
            weight="bold",
        )
    axes.set_xlim(years[0] - 0.3, years[-1])
    percents = [100 * ratio for ratio in known["ratio"]]
    axes.set_ylim(10 * math.floor(min(percents) / 10), max(104.0, 1.02 * max(percents)))
    axes.set_xticks(years)
    axes.yaxis.set_major_formatter(PercentFormatter(100, decimals=0))
    direct_label(axes)
    worst = known.sort("ratio", "year", "group_code").row(0, named=True)
    reporter = state_name(reporter_code)
    return finish(
        figure,
        title=(
            f"{reporter}'s {worst['group_code']} imports of {worst['year']} are {1 - worst['ratio']:.0%} "
            "smaller in "
            "the worldwide source than in its own statistics"
        ),
        subtitle=(
            f"Imports from {state_name(target_code)}: the worldwide source in per cent of the reporter's own "
            f"statistics, both in {fields()[value_column].money[1]}"
        ),
        source=source,
        alt="Lines by product: "
        + "; ".join(
            f"{group} "
            + ", ".join(
                f"{row['year']} {100 * row['ratio']:.1f}"
                for row in known.filter(pl.col("group_code") == group).iter_rows(named=True)
            )
            for group in groups
        )
        + ".",
    )
