"""Plain plots of results, for a first look; pages draw their own figures."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Axes", "axes_or_new", "plot_effects"]

#: Axes of matplotlib, which is no requirement of the estimators: whoever plots has it.
Axes: TypeAlias = Any


def axes_or_new(axes: Axes | None) -> Axes:
    """The axes given, or those of a new figure."""
    if axes is not None:
        return axes
    return import_module("matplotlib.pyplot").subplots()[1]


def plot_effects(
    axes: Axes | None,
    places: Sequence[Any],
    estimates: Sequence[float | None],
    lower: Sequence[float | None],
    upper: Sequence[float | None],
    *,
    label: str,
) -> Axes:
    """Estimates as dots with their intervals, and a line at zero; what has no estimate is left out."""
    drawn = axes_or_new(axes)
    middle = np.array(estimates, dtype=float)
    low, high = np.array(lower, dtype=float), np.array(upper, dtype=float)
    drawn.axhline(0, color="0.5", linewidth=0.8)
    held = np.isfinite(low) & np.isfinite(high)
    at = np.array(places)
    drawn.vlines(at[held], low[held], high[held], color="C0")
    drawn.plot(at, middle, "o", color="C0")
    drawn.set_ylabel(label)
    return drawn
