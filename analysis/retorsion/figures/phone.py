"""The second drawing of a figure, for a phone: 350 units wide, its panels below one another.

The functions that draw know nothing of it: :func:`retorsion.figures.style.new_figure` asks whether it is wanted,
and :func:`retorsion.figures.style.finish` makes names and ticks fit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import pairwise
from textwrap import fill
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Bbox, ScaledTranslation

#: Width of the drawing in inches: 350 units.
WIDTH = 350 / 72
#: Share of the width that names may take beside a plot; longer ones go above their rows or below the plot.
NAMES_SHARE = 0.28
#: Height added to a row of a plot whose names go above the marks.
_TALLER_ROWS = 1.5
_LEAST_HEIGHT = 2.4

_wanted: ContextVar[bool] = ContextVar("on_phone", default=False)


def is_wanted() -> bool:
    """Whether figures are drawn for a phone just now."""
    return _wanted.get()


@contextmanager
def drawing() -> Iterator[None]:
    """Draw for a phone inside a ``with`` block."""
    token = _wanted.set(True)
    try:
        yield
    finally:
        _wanted.reset(token)


def stacked(rows: int, columns: int, height: float, subplots: dict[str, Any]) -> tuple[Figure, Any]:
    """Panels below one another, row by row.

    Args:
        rows: of the grid on a desk.
        columns: of the grid on a desk.
        height: of the drawing on a desk, in inches.
        subplots: what :func:`matplotlib.pyplot.subplots` was to be given.

    Returns:
        The figure, and its axes in the shape that the grid would have.
    """
    given = dict(subplots)
    tall = given.pop("height_ratios", None) or [1.0] * rows
    wide = given.pop("width_ratios", None) or [1.0] * columns
    squeeze = given.pop("squeeze", True)
    if columns > 1:  # an axis shared along one row or column of the grid is not shared in the stack
        for name in {"sharex", "sharey"} & given.keys():
            given[name] = given[name] in (True, "all")
    each = [row * max(column / max(wide), 0.55) for row in tall for column in wide]
    total = height if columns == 1 else 0.85 * height * sum(each) / sum(tall)
    figure, axes = plt.subplots(
        rows * columns,
        1,
        figsize=(WIDTH, max(total, _LEAST_HEIGHT)),
        height_ratios=each,
        squeeze=False,
        **given,
    )
    grid = np.asarray(axes).reshape(rows, columns)
    if not squeeze:
        return figure, grid
    return figure, grid.item() if grid.size == 1 else grid.squeeze()


def names_are_long(names: Sequence[str], size: float) -> bool:
    """Whether names of a type size in points take too much of the width beside a plot."""
    return max(map(len, names), default=0) * size * 0.6 > NAMES_SHARE * WIDTH * 72


def name_below(axes: Axes, lines: Sequence[Line2D], names: Sequence[str], size: float) -> Legend:
    """Name lines in their own colours below the plot and its axis."""
    return axes.legend(
        lines,
        names,
        labelcolor="linecolor",
        handlelength=1.2,
        prop={"size": size, "weight": "bold"},
        **_below(axes, size),
    )


def lay_out(figure: Figure) -> None:
    """Put everything in its place, as a drawing does, without drawing."""
    engine = figure.get_layout_engine()
    if engine is None:
        figure.draw_without_rendering()
    else:
        engine.execute(figure)


def fit(figure: Figure) -> None:
    """Make the words of a drawing fit: names above their rows, fewer ticks, titles and legends in more lines."""
    _drop_empty_panels(figure)
    _names_above_rows(figure)
    lay_out(figure)
    for axes in figure.axes:
        _wrap(axes, figure)
        legend = axes.get_legend()
        if legend is not None and _runs_over(legend.get_window_extent(), figure):
            others = any(one.get_legend() for one in figure.axes if one is not axes)
            _put_below(legend, axes if others else figure.axes[-1])
    for axes in figure.axes:
        _thin_out(axes)


def _drop_empty_panels(figure: Figure) -> None:
    """A panel that fills up a grid on a desk takes no room in the stack."""
    empty = [axes for axes in figure.axes if not axes.axison or not axes.get_visible()]
    for axes in empty:
        if axes.has_data() or axes.texts:
            continue
        place = axes.get_subplotspec()
        if place is None:
            continue
        grid = place.get_gridspec()
        ratios: list[float] = np.asarray(grid.get_height_ratios(), dtype=float).tolist()
        width, height = figure.get_size_inches()
        figure.set_size_inches(width, height * (1 - ratios[place.rowspan.start] / sum(ratios)))
        ratios[place.rowspan.start] = 1e-3
        grid.set_height_ratios(ratios)
        axes.remove()


def _names_above_rows(figure: Figure) -> None:
    named = [axes for axes in figure.axes if _has_long_names(axes)]
    written = set[Axes]()
    growth = 0.0
    for axes in named:
        places, labels = axes.get_yticks().tolist(), list(axes.get_yticklabels())
        for panel in axes.get_shared_y_axes().get_siblings(
            axes
        ):  # panels beside it leave the names to the first
            if panel not in written:
                growth += _write_above(panel, places, labels) - 1
                written.add(panel)
        axes.set_yticks(places, [""] * len(places))
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + (0.35 if high > low else -0.35))
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height * (1 + growth / len(figure.axes)))


def _write_above(axes: Axes, places: Sequence[float], labels: Sequence[Text]) -> float:
    """Write names above their rows; how many times as high the rows must be for that."""
    above = _reach(axes, places)
    for place, label in zip(places, labels, strict=False):
        size = float(label.get_fontsize()) - 1
        note = axes.annotate(
            _folded(label.get_text(), size),
            xy=(0, place + above),
            xycoords=axes.get_yaxis_transform(),
            xytext=(0, 7),
            textcoords="offset points",
            color=label.get_color(),
            size=size,
            ha="left",
            va="bottom",
            annotation_clip=False,
            parse_math=False,
        )
        note.set_in_layout(False)
    gap = abs(places[0] - places[-1]) / max(len(places) - 1, 1) or 1.0
    return _TALLER_ROWS * (1 + 3 * max(abs(above) / gap - 0.2, 0))


def _reach(axes: Axes, places: Sequence[float]) -> float:
    """How far the marks of a row reach above its place, in units of the axis; below it where the axis is turned."""
    heights: list[float] = []
    for line in axes.lines:
        if all(line.get_transform().contains_branch_seperately(axes.transData)):  # no line across the plot
            heights += np.asarray(line.get_ydata(), dtype=float).tolist()
    for dots in axes.collections:
        if isinstance(dots, PathCollection) and dots.get_offset_transform() == axes.transData:
            heights += np.asarray(dots.get_offsets(), dtype=float)[:, 1].tolist()
    for bar in axes.patches:
        if isinstance(bar, Rectangle):
            heights += [bar.get_y(), bar.get_y() + bar.get_height()]
    low, high = axes.get_ylim()
    up = 1.0 if high > low else -1.0
    found = [up * (height - min(places, key=lambda place: abs(place - height))) for height in heights]
    return up * max((reach for reach in found if reach < 0.45), default=0.0) if found else 0.0


def _folded(name: str, size: float) -> str:
    """A name in as many lines as the width needs."""
    return fill(name, int(WIDTH * 72 / (0.6 * size)))


def _has_long_names(axes: Axes) -> bool:
    labels = [label for label in axes.get_yticklabels() if label.get_text()]
    words = [label.get_text() for label in labels if any(map(str.isalpha, label.get_text()))]
    return bool(words) and names_are_long(words, float(labels[0].get_fontsize()) * 0.9)


def _wrap(axes: Axes, figure: Figure) -> None:
    """Break a title that runs over the edge, or the label of an axis that is longer than the axis."""
    for text in (axes.title, axes._left_title, axes.xaxis.label):  # type: ignore[attr-defined]
        extent = text.get_window_extent()
        limit = 0.95 * figure.bbox.width - max(extent.x0, 0)  # the layout may still move the plot a little
        if text.get_text() and extent.width > limit > 0:
            n_characters = max(int(len(text.get_text()) * limit / extent.width), 8)
            text.set_text(fill(text.get_text(), n_characters))
    upright, height = axes.yaxis.label, axes.get_window_extent().height
    length = upright.get_window_extent().height
    if upright.get_text() and length > height:
        upright.set_text(fill(upright.get_text(), max(int(len(upright.get_text()) * height / length), 8)))


def _put_below(legend: Legend, axes: Axes) -> None:
    texts = legend.get_texts()
    handles = [handle for handle in legend.legend_handles if handle is not None]
    legend.remove()
    size = float(texts[0].get_fontsize())
    axes.legend(handles, [_folded(text.get_text(), 1.15 * size) for text in texts], **_below(axes, size))


def _below(axes: Axes, size: float) -> dict[str, Any]:
    """Where a legend goes that has its names below the plot and its axis."""
    figure = axes.get_figure(root=True)
    assert figure is not None
    drop = -(3.6 if axes.get_xlabel() else 2.2) * size / 72
    return {
        "loc": "upper left",
        "bbox_to_anchor": (0, 0),
        "bbox_transform": axes.transAxes + ScaledTranslation(0, drop, figure.dpi_scale_trans),
        "borderpad": 0,
        "borderaxespad": 0,
    }


def _runs_over(box: Bbox, figure: Figure) -> bool:
    return bool(box.x1 > figure.bbox.x1 + 1 or box.x0 < figure.bbox.x0 - 1)


def _thin_out(axes: Axes) -> None:
    """Name every second tick, or every third, until no name of the horizontal axis touches the next."""
    low, high = sorted(axes.get_xlim())
    places, labels = axes.get_xticks().tolist(), list(axes.get_xticklabels())
    shown = [
        (place, label)
        for place, label in zip(places, labels, strict=False)
        if low <= place <= high and label.get_text() and label.get_visible()
    ]
    boxes = [label.get_window_extent() for _, label in shown]
    step = next((step for step in range(1, len(shown) + 1) if _apart(boxes[::step])), 1)
    if step > 1:
        kept = {place for place, _ in shown[::step]}
        texts = [
            label.get_text() if place in kept else "" for place, label in zip(places, labels, strict=False)
        ]
        view = axes.get_xlim()
        axes.set_xticks(places, texts)
        axes.set_xlim(view)  # ticks beyond the edge would widen it


def _apart(boxes: Sequence[Bbox]) -> bool:
    return all(left.x1 + 4 < right.x0 for left, right in pairwise(boxes))
