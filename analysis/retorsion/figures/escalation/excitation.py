"""Figure of the finding ``excitation``: how many acts one act sets off."""

from __future__ import annotations

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures.escalation.words import (
    Pair,
    Part,
    side_names,
)
from retorsion.figures.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    SIDES,
    TEXT_SIZE,
    drawn,
    finish,
    new_figure,
    upright_grid,
    write_beside,
)
from retorsion.sources.states import state_name

_SMALL = TEXT_SIZE - 1


@drawn
def who_excites_whom(branching: pl.DataFrame, excitation: Part, *, pair: Pair, source: str) -> Figure:
    """Acts that one act sets off, with and without the shared driver, with intervals.

    Args:
        branching: frame ``branching``: variant, source_code, receiver_code, estimate, lower, upper.
        excitation: part ``excitation``.
        pair: codes of the two sides.
        source: source line.
    """
    main, free = excitation["with_driver"], excitation["without_driver"]
    variants = (main, free) if free != main else (main,)
    links = [(one, other) for one, other in (pair[::-1], pair)] + [(side, side) for side in pair]
    figure, axes = new_figure("wide", height=4.0)
    rows = branching.filter(pl.col("quantity") == "branching")
    for place, (start, end) in enumerate(links):
        y = len(links) - 1 - place
        for variant, colour, shift, marker in zip(
            variants, (SIDES[pair.index(end)], FAINT), (0.14, -0.16), ("o", "s"), strict=False
        ):
            row = rows.filter(
                (pl.col("variant") == variant)
                & (pl.col("source_code") == start)
                & (pl.col("receiver_code") == end)
            )
            if row.is_empty():
                continue
            found = row.row(0, named=True)
            limits, height = [found["lower"], found["upper"]], y + shift
            axes.plot(limits, [height] * 2, color=colour, linewidth=3, solid_capstyle="butt")
            dot = {"color": colour, "marker": marker, "edgecolor": PAPER}
            axes.scatter([found["estimate"]], [height], s=70, zorder=3, clip_on=False, **dot)
            if not place and free != main:
                ink = MUTED if colour == FAINT else colour
                write_beside(
                    axes, variant, (found["upper"], height), (9, 0), colour=ink, annotation_clip=False
                )
    axes.axvline(0, color=INK, linewidth=1.2)
    axes.set_xlim(left=0)
    axes.set_ylim(-0.6, len(links) - 0.4)
    labels = [f"{state_name(start)} → {state_name(end)}" for start, end in links]
    axes.set_yticks(range(len(links)), labels[::-1], color=INK)
    upright_grid(axes)
    axes.set_xlabel("acts set off on later days by one act")
    drawn = rows.filter(pl.col("variant") == variants[0])
    return finish(
        figure,
        title=_told_title(excitation, pair),
        subtitle="Branching ratios with profile-likelihood intervals; "
        + (
            "the driver is the calendar of outside events to which both sides react"
            if free != main
            else "no calendar of outside events to which both sides react is allowed for"
        ),
        source=source,
        alt=f"Dots with intervals. {'With the driver: ' if free != main else ''}"
        + "; ".join(
            f"{state_name(row['source_code'])} to {state_name(row['receiver_code'])} {row['estimate']:.2f} "
            f"({row['lower']:.2f} to {row['upper']:.2f})"
            for row in drawn.iter_rows(named=True)
        )
        + ".",
    )


def _told_title(excitation: Part, pair: Pair) -> str:
    told = excitation["told"]
    a, b = side_names(pair)
    ab, ba = told[f"{pair[0]}->{pair[1]}"], told[f"{pair[1]}->{pair[0]}"]
    if excitation["with_driver"] == excitation["without_driver"]:
        return _title_without_driver(a, b, forth=ab["is_told"], back=ba["is_told"])
    if ab["is_told"] and ba["is_told"]:
        return "Each side responds to the other, even after allowing for shared shocks"
    if not ab["is_told"] and not ba["is_told"]:
        return "After allowing for shared shocks, neither side can be shown to respond to the other"
    source, receiver, other = (b, a, ab) if ba["is_told"] else (a, b, ba)
    why = "cannot be separated from shared shocks" if other["without_driver"] else "cannot be shown"
    return f"{receiver} responds to {source}; whether {source} responds to {receiver} {why}"


def _title_without_driver(a: str, b: str, *, forth: bool, back: bool) -> str:
    """What dates alone say, which a shared shock may be behind."""
    if forth and back:
        return "Each side's acts are followed by the other's, in reply or by a shared shock"
    if not forth and not back:
        return "Neither side's acts can be shown to be followed by the other's"
    source, receiver = (a, b) if forth else (b, a)
    return (
        f"Acts of {source} are followed by acts of {receiver}, in reply or by a shared shock; the reverse "
        "cannot be shown"
    )
