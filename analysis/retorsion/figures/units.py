"""Units of axes: numbers on an axis say what they count, by a unit on each or by a title."""

from __future__ import annotations

import re
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure

_BARE = re.compile(r"[+−-]?[\d,.]+")
_YEAR = re.compile(r"(19|20)\d\d")


def without_unit(figure: Figure) -> list[str]:
    """Axes of a figure that is laid out whose numbers have neither a unit nor a title, in words.

    Years need none. A title of one panel speaks for all that share its axis or lie in its row or column.
    """
    wrong = []
    panels = [axes for axes in figure.axes if axes.get_visible() and axes.axison]
    for name in ("x", "y"):
        titled = any(_axis(axes, name).get_label_text().strip() for axes in panels)
        bare = [axes for axes in panels if _is_bare(_axis(axes, name))]
        if bare and not titled:
            first = ", ".join(_words(_axis(bare[0], name))[:3])
            wrong.append(f"the {'horizontal' if name == 'x' else 'vertical'} axis ({first})")
    return wrong


def _axis(axes: Axes, name: str) -> Axis:
    return axes.xaxis if name == "x" else axes.yaxis


def _words(axis: Axis) -> Sequence[str]:
    if not axis.get_visible():
        return []
    labels = [label for label in axis.get_ticklabels() if label.get_visible()]
    return [words for label in labels if (words := label.get_text().strip())]


def _is_bare(axis: Axis) -> bool:
    words = _words(axis)
    numbers = [one for one in words if _BARE.fullmatch(one)]
    return bool(numbers) and len(numbers) == len(words) and not all(map(_YEAR.fullmatch, numbers))
