"""Figure of the finding ``ladder``: who was first on which rung."""

from __future__ import annotations

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures.days import as_day, month_words
from retorsion.figures.escalation.words import (
    Pair,
    Part,
    plural,
)
from retorsion.figures.style import (
    INK,
    RULE,
    SIDES,
    date_axis,
    drawn,
    finish,
    mark_dates,
    new_figure,
)
from retorsion.sources.states import state_name


@drawn
def ladder(
    climb: pl.DataFrame, part: Part, *, pair: Pair, source: str, marks: pl.DataFrame | None = None
) -> Figure:
    """Acts of both sides on the rungs of the escalation ladder; ringed: the first on a rung.

    Args:
        climb: frame ``ladder``: act_date, actor_code, rung, label, n_acts.
        part: part ``ladder``.
        pair: codes of the two sides.
        source: source line.
        marks: date and label of turning points (:func:`turning_points`).
    """
    rungs = part["rungs"]
    figure, axes = new_figure("wide", height=0.62 * len(rungs) + 0.9)
    place = {rung["rung"]: k for k, rung in enumerate(rungs)}
    first_of: dict[int, str] = {}
    for row in part["first"]:
        first_of.setdefault(row["rung"], row["actor_code"])
    for side, colour, shift, marker in zip(pair, SIDES, (0.17, -0.17), ("o", "D"), strict=True):
        rows = climb.filter(pl.col("actor_code") == side)
        heights = [place[rung] + shift for rung in rows["rung"]]
        sizes = 26 * rows["n_acts"].to_numpy() ** 0.8
        dots = {"color": colour, "marker": marker, "alpha": 0.75, "linewidth": 0}
        axes.scatter(rows["act_date"].to_list(), heights, s=sizes, **dots)
    for row in part["first"]:
        if first_of[row["rung"]] == row["actor_code"]:
            own = pair.index(row["actor_code"])
            axes.scatter(
                [as_day(row["first_date"])],
                [place[row["rung"]] + (0.17, -0.17)[own]],
                s=150,
                facecolor="none",
                edgecolor=SIDES[own],
                linewidth=1.8,
            )
    axes.set_yticks(range(len(rungs)), [rung["label"] for rung in rungs], color=INK)
    axes.set_ylim(-0.55, len(rungs) - 0.45)
    axes.grid(False, axis="y")
    for height in range(len(rungs) - 1):
        axes.axhline(height + 0.5, color=RULE, linewidth=1)
    date_axis(axes)
    if marks is not None:
        mark_dates(axes, marks)
    firsts = {side: sum(who == side for who in first_of.values()) for side in pair}
    leader = max(pair, key=lambda side: firsts[side])
    other = pair[1] if leader == pair[0] else pair[0]
    alone = [
        rung["label"]
        for rung in rungs
        if {r["actor_code"] for r in part["first"] if r["rung"] == rung["rung"]} == {other}
    ]
    n_rungs = plural(len(first_of), "rung")
    title = f"{state_name(leader)} moved first on {firsts[leader]} of {n_rungs} of escalation"
    if alone:
        title += f"; only {state_name(other)} reached “{alone[-1]}”"
    return finish(
        figure,
        title=title,
        subtitle=f"Hostile acts of {state_name(pair[0])} (blue dots) and {state_name(pair[1])} (orange "
        f"diamonds) since {month_words(part['window']['start'])}, mild kinds at the bottom; larger: more on the "
        "day; ringed: the first on the rung",
        source=source,
        alt="Dots in time on the rungs. First on each: "
        + ", ".join(
            f"{rung['label']} {state_name(first_of[rung['rung']])}"
            for rung in rungs
            if rung["rung"] in first_of
        )
        + ".",
    )
