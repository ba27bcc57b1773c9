"""A map of the world in which each state is filled by how its trade with one other state changed.

Outlines: Natural Earth, 1:110 million, public domain, as the package geopandas 0.14.4 holds them, to a tenth of a
degree. Antarctica is left out. Projection: Equal Earth (Šavrič, Patterson and Jenny 2019, International Journal of
Geographical Information Science 33(3)), which keeps areas in proportion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from retorsion.figures import phone
from retorsion.figures.style import INK, PALETTE, PAPER, RULE, drawn, finish, new_figure, tip
from retorsion.sources.states import state_name

_FELL, _ROSE = PALETTE["third"].light, PALETTE["fourth"].light
#: Classes of the change, from the greatest fall on: label, upper limit of after over before, colour, opacity.
_CLASSES: Sequence[tuple[str, float, str, float]] = (
    ("fell by more than half", 0.5, _FELL, 1.0),
    ("fell by up to half", 1.0, _FELL, 0.4),
    ("rose to up to twice", 2.0, _ROSE, 0.4),
    ("more than doubled", np.inf, _ROSE, 1.0),
)
_FIGURE_HEIGHT = 5.2
_PHONE_HEIGHT = 4.3
#: Height below a small map that its legend takes, as a share of the map's.
_LEGEND_SHARE = 0.9


@cache
def outlines() -> tuple[tuple[str, NDArray[np.float64]], ...]:
    """Code of the state and projected corners of each of its parts, in the order of the file."""
    table = pl.read_csv(files("retorsion.figures").joinpath("world.csv").read_bytes())
    return tuple((code, _projected(ring)) for code, ring in table.iter_rows())


def _projected(ring: str) -> NDArray[np.float64]:
    """Corners written as ``longitude,latitude`` in degrees, on the plane of the Equal Earth projection."""
    longitude, latitude = np.radians(np.array([corner.split(",") for corner in ring.split()], dtype=float)).T
    theta = np.arcsin(np.sqrt(3) / 2 * np.sin(latitude))
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    slope = 9 * a4 * theta**8 + 7 * a3 * theta**6 + 3 * a2 * theta**2 + a1
    x = 2 * np.sqrt(3) * longitude * np.cos(theta) / (3 * slope)
    y = theta * (a4 * theta**8 + a3 * theta**6 + a2 * theta**2 + a1)
    return np.column_stack([x, y])


@drawn
def change_by_buyer(
    buyers: pl.DataFrame,
    *,
    target_code: str,
    base: str,
    after: str,
    unit: str,
    least: float,
    source: str,
) -> Figure:
    """Which states buy more, and which less, from one state.

    Args:
        buyers: state_code, before, after (purchases, null or zero where none are recorded), one row for each state.
        target_code: the state they buy from.
        base: the years before, in words.
        after: the years after, in words.
        unit: of the purchases, in words.
        least: purchases in either period below which a state is drawn as one without trade: tiny flows double easily.
        source: source line.

    Raises:
        ValueError: no state buys as much.
    """
    counted = buyers.filter(pl.max_horizontal(pl.col("before", "after").fill_null(0)) >= least)
    if counted.is_empty():
        raise ValueError("no state buys that much: leave the map out")
    values = {code: (before or 0.0, later or 0.0) for code, before, later in counted.iter_rows()}
    is_small = phone.is_wanted()
    figure, axes = new_figure("wide", height=_PHONE_HEIGHT if is_small else _FIGURE_HEIGHT)
    _fill(axes, values, target_code, base=base, after=after, unit=unit)
    handles = [
        Patch(facecolor=colour, alpha=alpha, label=label)
        for label, _, colour, alpha in _CLASSES
        if any(_class_of(*pair)[0] == label for pair in values.values())
    ]
    handles += [
        Patch(facecolor=INK, label=state_name(target_code)),
        Patch(facecolor=RULE, label="little or no recorded trade"),
    ]
    if is_small:  # the sea has no room for the legend
        bottom, top = axes.get_ylim()
        axes.set_ylim(bottom - _LEGEND_SHARE * (top - bottom), top)
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, -0.02), handlelength=1.0)
    fell = sum(later < before for before, later in values.values())
    name = state_name(target_code)
    return finish(
        figure,
        title=f"{fell} of {len(values)} states with recorded trade bought less from {name} in {after} than in {base}",
        subtitle=f"Purchases from {name} in {after} against {base}, in value",
        source=f"{source}; Natural Earth",
        alt=f"World map. {_listed(values, falls=True)} bought much less, {_listed(values, falls=False)} more.",
    )


def _fill(
    axes: Axes,
    values: Mapping[str, tuple[float, float]],
    target_code: str,
    *,
    base: str,
    after: str,
    unit: str,
) -> None:
    for code, corners in outlines():
        colour, alpha, words = RULE, 1.0, f"{state_name(code)}: little or no recorded trade"
        if code == target_code:
            colour, words = INK, state_name(code)
        elif code in values:
            before, later = values[code]
            _, _, colour, alpha = _class_of(before, later)
            words = f"{state_name(code)}: {before:,.1f} {unit} in {base}, {later:,.1f} in {after}"
        patch = PathPatch(Path(corners), facecolor=colour, alpha=alpha, edgecolor=PAPER, linewidth=0.4)
        axes.add_patch(tip(patch, words, picked=True))
    every = np.concatenate([corners for _, corners in outlines()])
    axes.set(xlim=(every[:, 0].min(), every[:, 0].max()), ylim=(every[:, 1].min(), every[:, 1].max()))
    axes.set_aspect("equal")
    axes.set_axis_off()


def _class_of(before: float, later: float) -> tuple[str, float, str, float]:
    ratio = later / before if before > 0 else np.inf
    return next(each for each in _CLASSES if ratio <= each[1])


def _listed(values: Mapping[str, tuple[float, float]], *, falls: bool) -> str:
    """The three states with the largest falls, or rises, in value."""
    change = sorted(
        ((later - before, code) for code, (before, later) in values.items() if (later < before) == falls),
        key=lambda pair: (-abs(pair[0]), pair[1]),
    )
    names = [state_name(code) for _, code in change[:3]]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names) or "No state"
