"""Figures of the finding ``coordination``: acts near the steps of others, and how many days later they came."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, MultipleLocator

from retorsion.figures.days import day_words
from retorsion.figures.escalation.words import Pair, Part, possessive
from retorsion.figures.style import FAINT, INK, PAPER, RULE, SIDES, drawn, finish, new_figure, upright_grid
from retorsion.sources.states import state_name

#: Kinds of act, each with how it is drawn: filled, or as a ring.
_KINDS = (("deeds", True), ("words", False))


@drawn
def coordination(part: Part, *, pair: Pair, source: str) -> Figure:
    """Deeds and words of each side near the steps of each calendar, over what chance gives.

    Args:
        part: part ``coordination``.
        pair: codes of the two sides.
        source: source line.
    """
    names = part["calendars"]
    figure, axes = new_figure("wide", columns=2, height=1.2 + 0.62 * len(names), sharey=True, sharex=True)
    for panel, side, colour in zip(axes, pair, SIDES, strict=True):
        panel.set_title(state_name(side), color=colour)
        panel.axvline(1, color=INK, linewidth=1.2)
        for place, name in enumerate(reversed(names)):
            for (acts, is_filled), shift in zip(_KINDS, (0.16, -0.16), strict=True):
                found = part["by_calendar"][name][acts][side]
                if found.get("ratio") is None:
                    continue
                chance = [found[end] / found["expected"] for end in ("null_lower", "null_upper")]
                panel.plot(chance, [place + shift] * 2, color=RULE, linewidth=9, solid_capstyle="butt")
                panel.scatter(
                    [found["ratio"]],
                    [place + shift],
                    s=64,
                    zorder=3,
                    color=colour if is_filled else PAPER,
                    edgecolor=colour,
                    linewidth=2,
                )
        panel.set_xlim(left=0)
        panel.xaxis.set_major_locator(MultipleLocator(0.5))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.set_xlabel("times as many near a step as by chance")
        upright_grid(panel)
    labels = [name[0].upper() + name[1:] for name in reversed(names)]
    axes[0].set_yticks(range(len(names)), labels, color=INK)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    near = f"{part['days_before']} day before to {part['days_after']} days after"
    return finish(
        figure,
        title=_told_title(part, pair),
        subtitle=f"Hostile deeds (filled) and words (rings) from {near} a step of each calendar, over what random "
        f"shifts of the acts give. Grey: 95% of the shifts{_held(part)}",
        source=source,
        alt=_alt(part, pair),
    )


def _held(part: Part) -> str:
    breaks = " or ".join(f"{day_words(day)}" for day in part["breaks"])
    return f", none across {breaks}" if breaks else ""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a list in a sentence."""
    return f"{', '.join(words[:-1])} {last} {words[-1]}" if len(words) > 1 else "".join(words)


def _told_title(part: Part, pair: Pair) -> str:
    """Whose deeds or words crowd near whose steps, and of whom that cannot be said."""
    told, other = [], []
    for side in pair:
        for acts, _ in _KINDS:
            found = part["told"][acts][side]
            words = f"{possessive(state_name(side))} {acts}"
            if found["with_opening"]:
                told.append(f"{words} cluster around steps of {listed(found['with_opening'])}")
            elif found["tested"]:
                other.append(words)
    if not told:
        return "No clear sign that either side moves in step with others"
    return "; ".join([*told, *([f"no clear sign of it in {listed(other, 'or')}"] if other else [])])


def _alt(part: Part, pair: Pair) -> str:
    said = []
    for name in part["calendars"]:
        parts = part["by_calendar"][name]
        for side in pair:
            for acts, _ in _KINDS:
                found = parts[acts][side]
                if "p_value" in found:
                    said.append(
                        f"{state_name(side)}, {acts} near steps of {name}: {found['n_near']} of {found['n_acts']}, "
                        f"{found['expected']:.1f} by chance, p = {found['p_value']:.3f}."
                    )
    return " ".join(said)


@drawn
def days_after_a_step(lags: pl.DataFrame, part: Part, *, pair: Pair, source: str) -> Figure:
    """Days from the nearest step of the first calendar to each day on which a side did a deed.

    Args:
        lags: frame ``coordination_lags``: calendar, acts, actor_code, lag_days, n_days, expected.
        part: part ``coordination``.
        pair: codes of the two sides.
        source: source line.
    """
    calendar = part["calendars"][0]
    shown = lags.filter((pl.col("calendar") == calendar) & (pl.col("acts") == "deeds"))
    figure, axes = new_figure("wide", columns=2, height=3.4, sharey=True)
    said = []
    for panel, side, colour in zip(axes, pair, SIDES, strict=True):
        rows = shown.filter(pl.col("actor_code") == side).sort("lag_days")
        panel.set_title(state_name(side), color=colour)
        panel.axvline(0, color=INK, linewidth=1.2)
        panel.set_xlabel(f"days after the nearest step of {calendar}")
        panel.set_ylabel("acting days" if panel is axes[0] else "")
        panel.yaxis.set_major_locator(MaxNLocator(integer=True))
        found = part["by_calendar"][calendar]["deeds"][side]
        if rows.is_empty():
            continue
        panel.bar(rows["lag_days"], rows["n_days"], color=colour, width=0.86, linewidth=0)
        panel.step(
            rows["lag_days"], rows["expected"], where="mid", color=FAINT, linewidth=2, label="_by chance"
        )
        lag = found["lags"]
        said.append(
            f"{state_name(side)}: {lag['n_after'] + lag['n_same_day']} of {lag['n_days']} acting days on the day of a "
            f"step or up to {lag['within_days']} days after, {lag['expected_after']:.1f} by chance "
            f"(p = {lag['p_value_after']:.3f}); median {lag['median']:g} days."
            if lag["median"] is not None
            else f"{state_name(side)}: no acting day near a step."
        )
    return finish(
        figure,
        title=_lag_title(part["by_calendar"][calendar]["deeds"], calendar, pair),
        subtitle="Acting days by days from the nearest step (bars), and by chance (grey line)",
        source=source,
        alt=" ".join(said) or "No side has deeds near a step.",
    )


def _lag_title(deeds: Part, calendar: str, pair: Pair) -> str:
    """Who follows, and by how many days, where more acting days come after a step than by chance."""
    follows = [
        f"{possessive(state_name(side))} deeds mostly follow steps of {calendar}, by a median of {_days(lag['median'])}"
        for side in pair
        if (lag := deeds[side].get("lags")) and lag["median"] is not None and lag["p_value_after"] < 0.05
    ]
    return "; ".join(follows) or f"Neither side’s deeds can be shown to follow steps of {calendar}"


def _days(median: float) -> str:
    return f"{median:g} day{'' if median == 1 else 's'}"
