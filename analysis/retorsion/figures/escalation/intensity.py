"""Figures of the finding ``intensity``: how hard each side acted, and who is ahead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures import phone
from retorsion.figures.days import as_day, month_words
from retorsion.figures.escalation.words import (
    Pair,
    Part,
    gap_note,
    mark_turning_points,
    percent_words,
    plural,
    possessive,
    range_of,
    scale_name,
    side_names,
    span_axes,
)
from retorsion.figures.style import (
    INK,
    KINDS,
    MUTED,
    PAPER,
    SIDES,
    direct_label,
    drawn,
    finish,
    tip,
)
from retorsion.sources.states import state_name


@drawn
def intensity_over_time(
    intensity: pl.DataFrame,
    record: Part,
    *,
    pair: Pair,
    scale: str,
    source: str,
    counted: Part | None = None,
) -> Figure:
    """Monthly intensity of both sides, the first upwards and the second downwards, with marked events.

    Args:
        intensity: frame ``intensity``: period, period_start, actor_code, scale, n_acts, sum.
        record: part ``record``: recorded spans and marks.
        pair: codes of the two sides.
        scale: column of the scale that is drawn.
        source: source line.
        counted: the first side's share of the sum over all ways to count (``lowest``, ``highest``), and with sampling
            (``widest_lower``, ``widest_upper``); for the title. Without it that has the ratio of the acts drawn.
    """
    monthly = intensity.filter((pl.col("period") == "month") & (pl.col("scale") == scale))
    by_side = [monthly.filter(pl.col("actor_code") == side) for side in pair]
    figure, panels = span_axes(record, height=4.6)
    for rows, colour, sign, side in zip(by_side, SIDES, (1, -1), side_names(pair), strict=True):
        middle = [start + timedelta(days=15) for start in rows["period_start"]]
        for panel in panels:
            bars = panel.bar(middle, sign * rows["sum"].to_numpy(), width=26, color=colour, linewidth=0)
            for bar, row in zip(bars, rows.iter_rows(named=True), strict=True):
                when = month_words(row["period_start"])
                points = plural(round(row["sum"]), "point").replace("-", "−")
                tip(bar, f"{side}, {when}: {points} from {plural(row['n_acts'], 'act')}")
    (least, most), (least_down, most_down) = (range_of(rows["sum"]) for rows in by_side)
    reach = max(most, -least_down, 1.0)
    low = -1.15 * max(most_down, -least, 0.35 * reach)
    for panel in panels:
        panel.axhline(0, color=INK, linewidth=1.2)
        panel.set_ylim(low, 1.12 * reach)
        panel.yaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    last = panels[-1]
    for name, other, colour, height in (
        (*side_names(pair), SIDES[0], 0.97),
        (*side_names(pair)[::-1], SIDES[1], 0.03),
    ):
        last.text(
            0.995,
            height,
            f"{name} towards {other}",
            color=colour,
            weight="bold",
            ha="right",
            va="top" if height > 0.5 else "bottom",
            transform=last.transAxes,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
        )
    (panels[-1] if phone.is_wanted() else panels[0]).set_ylabel("points a month, either way")
    mark_turning_points(panels, record)
    return finish(
        figure,
        title=_peak_title(by_side, pair, counted),
        subtitle=f"Severity of acts on the {scale_name(scale)} scale, hostile minus conciliatory: "
        f"{possessive(side_names(pair)[0])} drawn upwards, {possessive(side_names(pair)[1])} downwards"
        + gap_note(record),
        source=source,
        alt=(
            f"Bars by month: {side_names(pair)[0]} upwards, {side_names(pair)[1]} downwards. "
            + " ".join(_peak_words(rows, side) for rows, side in zip(by_side, pair, strict=True))
        ),
    )


def _peak(rows: pl.DataFrame) -> dict[str, Any] | None:
    ordered = rows.sort("sum", "period_start", descending=[True, False])
    return ordered.row(0, named=True) if len(ordered) else None


def _peak_words(rows: pl.DataFrame, side: str) -> str:
    peak = _peak(rows)
    if peak is None:
        return f"{state_name(side)} has no recorded act."
    return (
        f"{state_name(side)} is highest in {month_words(peak['period_start'])} with {peak['sum']:.0f} points from "
        f"{plural(peak['n_acts'], 'act')}."
    )


def _peak_title(by_side: Sequence[pl.DataFrame], pair: Pair, counted: Part | None) -> str:
    peaks = [_peak(rows) for rows in by_side]
    totals = [float(rows["sum"].sum()) for rows in by_side]
    a, b = side_names(pair)
    if peaks[0] is None or peaks[1] is None:
        acting = a if peaks[0] is not None else b
        return f"Only {acting} has recorded acts"
    overall = _overall(a, b, totals, counted)
    if peaks[0]["period_start"] == peaks[1]["period_start"]:
        return f"Both sides peaked in {month_words(peaks[0]['period_start'])}; {overall}"
    return (
        f"{a} peaked in {month_words(peaks[0]['period_start'])}, {b} in "
        f"{month_words(peaks[1]['period_start'])}; {overall}"
    )


def _overall(a: str, b: str, totals: Sequence[float], counted: Part | None) -> str:
    """Who did more, as far as that depends neither on how one counts nor on chance."""
    if counted is None:
        ahead, behind, ratio = _ahead(a, b, totals)
        return f"overall, {possessive(ahead)} recorded acts outweigh {possessive(behind)} {ratio}"
    low, high = counted["lowest"], counted["highest"]
    if low < 0.5 < high:
        return "which side did more depends on how one counts"
    ahead, behind = (a, b) if low >= 0.5 else (b, a)
    low, high = (low, high) if low >= 0.5 else (1 - high, 1 - low)
    if counted["widest_lower"] < 0.5 < counted["widest_upper"]:
        return f"{ahead} did more however one counts, but not beyond chance"
    return f"{ahead} did {low:.0%} to {high:.0%} of it, {behind} the rest"


def _ahead(a: str, b: str, totals: Sequence[float]) -> tuple[str, str, str]:
    """Who did more, who less, and by how much."""
    sides = [(totals[0], a), (totals[1], b)]
    (more, ahead), (less, behind) = sides if totals[0] >= totals[1] else sides[::-1]
    return ahead, behind, f"{more / less:.1f} to 1" if less > 0 else "by more than ten to one"


@drawn
def balance_on_scales(balance: pl.DataFrame, record: Part, *, pair: Pair, source: str) -> Figure:
    """How far ahead the first side is, cumulated, on every scale, as a share of all that both did.

    Args:
        balance: frame ``balance``: period_start, scale, cumulative_net_share.
        record: part ``record``.
        pair: codes of the two sides.
        source: source line.
    """
    figure, panels = span_axes(record, height=4.4)
    a, b = side_names(pair)
    scales = balance["scale"].unique(maintain_order=True).to_list()
    final: dict[str, float] = {}
    for colour, dash, scale in zip(KINDS, ("-", "--", "-.", ":"), scales, strict=False):
        rows = balance.filter(pl.col("scale") == scale)
        days = [start + timedelta(days=27) for start in rows["period_start"]]
        values = rows["cumulative_net_share"].to_list()
        end = as_day(record["recorded"][-1]["end"])
        final[scale] = values[-1]
        for panel in panels:
            panel.step(
                [date(1900, 1, 1), *days, end],
                [0.0, *values, values[-1]],
                where="post",
                color=colour,
                linestyle=dash,
                label=scale_name(scale) if panel is panels[-1] else "_",
            )
    limits = balance["cumulative_net_share"]
    low, high = range_of(limits)
    for panel in panels:
        panel.set_ylim(low - 0.06, high + 0.06)
        panel.axhline(0, color=INK, linewidth=1.2)
        panel.yaxis.set_major_formatter(lambda value, _: _signed(value).replace("+0%", "0"))
    panels[-1].text(
        0.005,
        0.98,
        f"above zero: {a} ahead",
        color=MUTED,
        va="top",
        transform=panels[-1].transAxes,
        bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.5},
    )
    direct_label(panels[-1])
    mark_turning_points(panels, record)
    return finish(
        figure,
        title=_scales_title(final, a, b),
        subtitle=f"{a} minus {b}, cumulated, as a share of the acts of both; by act, without provocations"
        + gap_note(record),
        source=source,
        alt="Step lines, one for each scale. They end at "
        + ", ".join(f"{_signed(value)} ({scale_name(scale)})" for scale, value in final.items())
        + ".",
    )


def _signed(share: float) -> str:
    """A share as a percentage with its sign."""
    return f"{100 * share:+.0f}%".replace("-", "−")


def _scales_title(final: Mapping[str, float], a: str, b: str) -> str:
    """Who did more, if all scales agree on it."""
    ahead = {scale: (a if value > 0 else b) for scale, value in final.items()}
    if len(set(ahead.values())) == 1:
        leader = next(iter(ahead.values()))
        other = b if leader == a else a
        sizes = sorted(abs(value) for value in final.values())
        return (
            f"On every scale {leader} did more than {other}: its lead is {percent_words(sizes[0])} to "
            f"{percent_words(sizes[-1])} of all that both did"
        )
    groups = {
        name: ", ".join(scale_name(scale) for scale in final if ahead[scale] == name)
        for name in sorted(set(ahead.values()))
    }
    return "Who did more depends on the scale: " + "; ".join(f"{n} on {s}" for n, s in groups.items())
