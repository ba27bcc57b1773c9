"""Labels of a figure kept apart: names at the ends of lines, and names of dates above the plot."""

from __future__ import annotations

from collections.abc import Sequence
from weakref import WeakKeyDictionary

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from retorsion.figures import phone

#: Identifiers of names at the ends of lines and of names of dates.
DIRECT, DATE = "direct-label", "date-label"
#: The line that each name of a date hangs on.
FLAGS: WeakKeyDictionary[Annotation, Line2D] = WeakKeyDictionary()


def settle(figure: Figure, size: float) -> None:
    """Lay a figure out, and move labels apart; twice, because labels outside the axes change the layout.

    Args:
        figure: with everything drawn.
        size: of the type of the names of dates.
    """
    has_labels = False
    for _ in range(2):
        phone.lay_out(figure)
        for axes in figure.axes:
            found: dict[str, list[Annotation]] = {DIRECT: [], DATE: []}
            for artist in axes.texts:
                if isinstance(artist, Annotation) and artist.get_gid() in found:
                    found[str(artist.get_gid())].append(artist)
            _spread_vertically(figure, found[DIRECT])
            _stack_in_rows(figure, axes, found[DATE], size)
            has_labels = has_labels or any(found.values())
        if not has_labels:
            break


def _spread_vertically(figure: Figure, annotations: Sequence[Annotation]) -> None:
    """Move labels up and down, in the order of their lines' ends, until none overlaps the next."""
    if len(annotations) < 2:
        return
    points = 72 / figure.dpi
    anchors = [float(note.axes.transData.transform(note.xy)[1]) * points for note in annotations]  # type: ignore[union-attr]
    order = sorted(range(len(annotations)), key=lambda i: anchors[i])
    heights = [note.get_window_extent().height * points * 1.05 for note in annotations]
    # Merge labels that touch into groups centred on the mean of their anchors (pool adjacent violators).
    groups: list[tuple[float, float, list[int]]] = []
    for i in order:
        centre, height, members = anchors[i], heights[i], [i]
        while groups and groups[-1][0] + groups[-1][1] / 2 > centre - height / 2:
            _, below, others = groups.pop()
            members, height = [*others, *members], below + height
            centre = sum(anchors[j] for j in members) / len(members)
        groups.append((centre, height, members))
    for centre, height, members in groups:
        y = centre - height / 2
        for i in members:
            annotations[i].set_position((8, y + heights[i] / 2 - anchors[i]))
            y += heights[i]


def _stack_in_rows(figure: Figure, axes: Axes, annotations: Sequence[Annotation], size: float) -> None:
    """Hang each label like a flag on its line, an earlier one above all later ones it would touch.

    So no line crosses a name: lines of earlier dates pass to the left of the names below theirs.
    """
    points = 72 / figure.dpi
    height = axes.get_window_extent().height
    edge = figure.bbox.width
    placed: list[tuple[float, float, int]] = []  # left and right end, and row counted from the plot upwards
    for note in reversed(annotations):
        anchor = float(axes.transData.transform((note.xy[0], 0))[0])
        width = note.get_window_extent().width + 8 / points
        flips = anchor + width > edge
        start, end = (anchor - width, anchor) if flips else (anchor, anchor + width)
        row = 1 + max((row for left, right, row in placed if left < end and right > start), default=-1)
        placed.append((start, end, row))
        rise = 3 + row * size * 1.25
        note.set_horizontalalignment("right" if flips else "left")
        note.set_position((-4 if flips else 4, rise))
        FLAGS[note].set_ydata([0, 1 + (rise + size - 2) / points / height])
