"""Figure of the finding ``coordination``: acts near steps of a group, against chance."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from retorsion.figures.escalation.words import (
    Pair,
    Part,
    as_day,
    possessive,
    times_words,
)
from retorsion.figures.style import (
    FAINT,
    INK,
    SIDES,
    drawn,
    finish,
    new_figure,
)
from retorsion.sources.states import state_name


@drawn
def coordination(null: pl.DataFrame, part: Part, *, pair: Pair, source: str) -> Figure:
    """Acts of each side near steps of the group, against what chance gives.

    Args:
        null: frame ``coordination_null``: actor_code, n_near, n_draws.
        part: part ``coordination``.
        pair: codes of the two sides.
        source: source line.
    """
    figure, axes = new_figure("wide", columns=2, height=3.6)
    for panel, side, colour in zip(axes, pair, SIDES, strict=True):
        rows = null.filter(pl.col("actor_code") == side)
        found = part["by_side"][side]
        panel.set_title(state_name(side), color=colour)
        if rows.is_empty():
            continue
        panel.set_title(
            f"{state_name(side)}: {found['n_near']} found, {found['expected']:.1f} by chance",
            color=colour,
        )
        shares = 100 * rows["n_draws"] / rows["n_draws"].sum()
        panel.bar(rows["n_near"], shares, color=FAINT, width=0.86, linewidth=0)
        panel.axvline(found["expected"], color=INK, linewidth=1.6, linestyle=(0, (3, 2)))
        panel.axvline(found["n_near"], color=colour, linewidth=3.5)
        panel.yaxis.set_major_formatter(lambda value, _: f"{value:g}%")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.set_xlabel("acts near a step")
    tested = [side for side in pair if part["by_side"][side].get("ratio") is not None]
    alt = [
        f"{state_name(side)}: {part['by_side'][side]['n_near']} acts near a step, "
        f"{part['by_side'][side]['expected']:.1f} by chance, p = {part['by_side'][side]['p_value']:.3f}."
        for side in tested
    ]
    n_steps = max((part["by_side"][side].get("n_events", 0) for side in pair), default=0)
    near = f"{part['days_before']} day before to {part['days_after']} days after"
    chances = ", ".join(f"{state_name(side)} {part['by_side'][side]['p_value']:.2f}" for side in tested)
    breaks = " or ".join(f"{as_day(day):%-d %B %Y}" for day in part["breaks"])
    held = f", none across {breaks}" if breaks else ""
    return finish(
        figure,
        title=_near_title(part, tested),
        subtitle=f"Hostile acts from {near} one of {n_steps} steps (coloured line), and after random shifts "
        f"of the acts in time{held} (grey; dashed: their mean)"
        + (f"; one-sided p: {chances}" if tested else ""),
        source=source,
        alt=" ".join(alt) or "No side has acts near a step.",
    )


def _near_words(found: Part, side: str) -> str:
    """What one side's acts near steps say, from both p values: by acts, and with a package counted once."""
    name, times = state_name(side), times_words(found["ratio"])
    if found["p_value"] >= 0.05:
        return f"{possessive(name)} {times} may be chance"
    if found["p_value_days"] >= 0.05:
        return f"{possessive(name)} {times} may be chance once a package counts as one act"
    return f"{name} acted {times} as often as by chance"


def _near_title(part: Part, tested: Sequence[str]) -> str:
    group = " and ".join(state_name(code) for code in part["groups"])
    sides = [part["by_side"][side] for side in tested]
    if len(sides) > 1 and all(found["p_value"] >= 0.05 for found in sides):
        return f"No clear sign that either side moved in step with the {group}"
    words = [_near_words(found, side) for side, found in zip(tested, sides, strict=True)]
    return f"Near steps of the {group}, " + "; ".join(words) if words else f"No act near steps of {group}"
