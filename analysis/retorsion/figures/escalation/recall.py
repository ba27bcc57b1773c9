"""Figure of the finding ``recall``: what share of acts found by other searches the record holds."""

from __future__ import annotations

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures.escalation.words import Pair, Part, percent_words, possessive
from retorsion.figures.style import INK, PAPER, SIDES, drawn, finish, new_figure, upright_grid
from retorsion.sources.states import state_name


@drawn
def recall(rows: pl.DataFrame, part: Part, *, pair: Pair, source: str) -> Figure:
    """Share of the acting days on other lists that the record holds, by side and kind, with intervals.

    Args:
        rows: frame ``recall``: actor_code, kind_type, n_listed, n_held, recall, lower, upper.
        part: part ``recall``.
        pair: codes of the two sides.
        source: source line.
    """
    known = rows.filter(pl.col("recall").is_not_null()) if "recall" in rows.columns else rows.clear()
    figure, axes = new_figure("wide", height=1.1 + 0.55 * max(len(known), 1))
    labels = []
    for place, row in enumerate(reversed(list(known.iter_rows(named=True)))):
        colour = SIDES[pair.index(row["actor_code"])]
        axes.plot([row["lower"], row["upper"]], [place] * 2, color=colour, linewidth=3, solid_capstyle="butt")
        axes.scatter([row["recall"]], [place], color=colour, s=70, zorder=3, edgecolor=PAPER, clip_on=False)
        labels.append(
            f"{state_name(row['actor_code'])}, {row['kind_type']} ({row['n_held']} of {row['n_listed']})"
        )
    axes.set_yticks(range(len(labels)), labels, color=INK)
    axes.set_ylim(-0.6, max(len(labels), 1) - 0.4)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f}%")
    upright_grid(axes)
    return finish(
        figure,
        title=_title(known),
        subtitle=f"Share of acting days on lists from {part['n_queries']} other searches that the record holds, with "
        "95% Wilson intervals; an upper bound where lists and record share their sources",
        source=source,
        alt="; ".join(
            f"{label}: {percent_words(row['recall'])} ({percent_words(row['lower'])} to {percent_words(row['upper'])})"
            for label, row in zip(reversed(labels), known.iter_rows(named=True), strict=True)
        )
        or "No side and kind of act has enough days on other lists.",
    )


def _title(known: pl.DataFrame) -> str:
    if known.is_empty():
        return "Too few acts are on other lists to say what the record misses"
    ordered = known.sort("recall", "actor_code", "kind_type", descending=[True, False, False])
    best, worst = ordered.row(0, named=True), ordered.row(-1, named=True)

    def words(row: dict[str, object]) -> str:
        low, high = (percent_words(float(str(row[limit]))) for limit in ("lower", "upper"))
        return f"{low} to {high} of {possessive(state_name(str(row['actor_code'])))} {row['kind_type']}"

    if len(known) == 1:
        return f"The record holds {words(best)} found by other searches"
    return f"The record holds {words(best)} found by other searches, and {words(worst)}"
