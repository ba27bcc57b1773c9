"""Figure of the finding ``specifications``: headline numbers in every way to count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from retorsion.figures import phone
from retorsion.figures.escalation.words import Pair, Part, percent_words, possessive
from retorsion.figures.style import (
    FAINT,
    INK,
    KINDS,
    MUTED,
    PAPER,
    TEXT_SIZE,
    drawn,
    finish,
    new_figure,
    upright_grid,
)
from retorsion.sources.states import state_name

_SMALL = TEXT_SIZE - 1
#: What is counted as one, with the height of its lane in a row.
_LANES = {"act": 0.2, "package": 0.0, "side_day": -0.2}
_LANE_WORDS = {"act": "acts", "package": "packages", "side_day": "days of a side"}


def quantity_words(name: str, pair: Pair) -> str:
    """Name of a number of the finding for readers.

    Args:
        name: its key in the findings.
        pair: codes of the two sides.
    """
    if name == "share of first":
        return f"{possessive(state_name(pair[0]))} share of the intensity"
    for side in pair:
        other = next(one for one in pair if one != side)
        for kind in ("acts", "deeds"):
            if name == f"answered {kind} of {side}":
                return f"{possessive(state_name(side))} {kind} answered by {state_name(other)}"
        for source, kind in (("all", "words"), ("deeds", "deeds")):
            if name == f"{source} of {side} set off {kind} of {other}":
                what = "act" if source == "all" else "deed"
                return f"{possessive(state_name(other))} {kind} set off by one {what} of {state_name(side)}"
    raise ValueError(f"{name!r} is no number of this finding")


@drawn
def every_way_to_count(specifications: pl.DataFrame, part: Part, *, pair: Pair, source: str) -> Figure:
    """Each headline number under all combinations of choices: shares above, acts set off below.

    Args:
        specifications: frame ``specifications``: quantity, unit, estimate.
        part: part ``specifications``.
        pair: codes of the two sides.
        source: source line.
    """
    order = specifications["quantity"].unique(maintain_order=True).to_list()
    known = {name: one for name in order if "lowest" in (one := part["quantities"].get(name, {}))}
    groups = [
        [name for name, one in known.items() if one["unit_of_number"] == unit] for unit in ("share", "acts")
    ]
    groups = [group for group in groups if group]
    figure, panels = new_figure(
        "wide",
        rows=len(groups),
        height=(0.8 if phone.is_wanted() else 0.62) * len(known) + 1.0 * len(groups),
        squeeze=False,
        height_ratios=[len(group) + 0.4 for group in groups],
    )
    for panel, names in zip(panels[:, 0], groups, strict=True):
        _strips(panel, specifications, known, names, pair)
    _legend(panels[0, 0])
    return finish(
        figure,
        title=_title(known, pair),
        subtitle="Each dot is one way to count. Ring: the main one. Thin line: the widest range, with sampling",
        source=source,
        alt="Strips of dots. "
        + "; ".join(
            f"{quantity_words(name, pair)}: {_words(one['lowest'], one)} to {_words(one['highest'], one)} over "
            f"{one['n_estimated']} ways"
            for name, one in known.items()
        )
        + ".",
    )


def _strips(
    axes: Axes, specifications: pl.DataFrame, known: Mapping[str, Any], names: list[str], pair: Pair
) -> None:
    """One strip of dots for each number."""
    is_share = known[names[0]]["unit_of_number"] == "share"
    for place, name in enumerate(names):
        y, one = len(names) - 1 - place, known[name]
        axes.plot([one["widest_lower"], one["widest_upper"]], [y, y], color=FAINT, linewidth=1.4, zorder=1)
        rows = specifications.filter((pl.col("quantity") == name) & pl.col("estimate").is_not_null())
        for colour, (unit, lane) in zip(KINDS, _LANES.items(), strict=False):
            values = rows.filter(pl.col("unit") == unit)["estimate"].to_numpy()
            axes.scatter(
                values, np.full(len(values), y + lane), color=colour, s=20, alpha=0.45, linewidth=0, zorder=2
            )
        main = one["main"]
        if "estimate" in main:
            axes.scatter(
                [main["estimate"]],
                [y + _LANES["act"]],
                s=90,
                facecolor="none",
                edgecolor=INK,
                linewidth=1.8,
                zorder=4,
            )
    axes.set_ylim(-0.55, len(names) - 0.45)
    axes.set_yticks(range(len(names)), [quantity_words(name, pair) for name in names][::-1], color=INK)
    axes.tick_params(axis="y", pad=10)
    upright_grid(axes)
    axes.set_xlim(left=0)
    if is_share:
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda value, _: percent_words(value))
    else:
        axes.set_xlabel("acts set off by one act of the other")


def _legend(axes: Axes) -> None:
    """What the lanes are, above the first strip."""
    for colour, (number, unit) in zip(KINDS, enumerate(_LANES), strict=False):
        place = number * (0.34 if phone.is_wanted() else 0.22)
        axes.scatter([place], [1.05], color=colour, s=32, transform=axes.transAxes, clip_on=False)
        axes.annotate(
            _LANE_WORDS[unit], (place, 1.05), (8, 0), xycoords="axes fraction", textcoords="offset points",
            va="center", color=MUTED, size=_SMALL, annotation_clip=False,
            bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def _words(value: float, one: Mapping[str, Any]) -> str:
    return percent_words(value) if one["unit_of_number"] == "share" else f"{value:.2f}"


def _title(known: Mapping[str, Any], pair: Pair) -> str:
    """How far the first number moves with the choice of how to count."""
    name, one = next(iter(known.items()))
    return (
        f"{quantity_words(name, pair)} is {_words(one['lowest'], one)} to {_words(one['highest'], one)}, by how one "
        "counts"
    )
