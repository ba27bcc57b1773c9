"""Figures of the finding ``kinds``: whose words and whose deeds follow the other's, and what cannot be told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.figure import Figure

from retorsion.figures.escalation.words import Pair, Part, possessive
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
)
from retorsion.sources.states import state_name

_SMALL = TEXT_SIZE - 1
#: Questions of the figure, as kinds of the acts that follow and of those that are followed.
_ASKED = (("words", "all"), ("words", "deeds"), ("deeds", "all"), ("deeds", "deeds"))
#: Verdicts of the finding as the figure says them.
_SAID = {"shown": "shown", "no large effect": "no large effect", "cannot tell": "the data cannot tell"}


def _question(pair: Pair, receiver: str, receiver_kind: str, source_kind: str) -> str:
    source = next(side for side in pair if side != receiver)
    return f"{source} {source_kind}->{receiver} {receiver_kind}"


def _what(kind: str) -> str:
    return "acts" if kind == "all" else kind


def verdict_of(kinds: Part, pair: Pair, receiver: str, receiver_kind: str, source_kind: str = "all") -> str:
    """What the model allows to say of one question; ``cannot tell`` where nothing could be estimated."""
    found = kinds.get("excitation", {}).get(_question(pair, receiver, receiver_kind, source_kind), {})
    return str(found.get("verdict", "cannot tell"))


@drawn
def whose_acts_follow(kinds: Part, *, pair: Pair, source: str) -> Figure:
    """How many words and deeds one act of the other sets off, with intervals and what they allow to say.

    Args:
        kinds: part ``kinds``.
        pair: codes of the two sides.
        source: source line.

    Raises:
        ValueError: no question could be estimated.
    """
    asked = [(side, kind, of) for kind, of in _ASKED for side in pair]
    found = [kinds["excitation"].get(_question(pair, *one), {}) for one in asked]
    known = [one for one in found if "estimate" in one]
    if not known:
        raise ValueError("no question could be estimated: leave the figure out")
    figure, axes = new_figure("wide", height=0.5 * len(asked) + 0.9)
    reach = 1.06 * max(one["upper"] for one in known)
    colours = dict(zip(pair, SIDES, strict=True))
    for place, ((side, _, _), one) in enumerate(zip(asked, found, strict=True)):
        y = len(asked) - 1 - place
        if "estimate" in one:
            shown = one["verdict"] == "shown"
            axes.plot(
                [one["lower"], one["upper"]], [y, y], color=colours[side], linewidth=3, solid_capstyle="butt"
            )
            axes.scatter(
                [one["estimate"]], [y], s=72, zorder=3, linewidth=2, clip_on=False,
                edgecolor=colours[side], facecolor=colours[side] if shown else PAPER,
            )  # fmt: skip
        words = _SAID[one["verdict"]] if "estimate" in one else "too few acts"
        why = _why(one)
        axes.annotate(
            words, (1.02, y + (0.2 if why else 0)), xycoords=("axes fraction", "data"), va="center", size=_SMALL,
            annotation_clip=False, color=INK if words == "shown" else MUTED,
            weight="bold" if words == "shown" else "normal",
        )  # fmt: skip
        axes.annotate(
            why, (1.02, y - 0.2), xycoords=("axes fraction", "data"), va="center", size=_SMALL - 1,
            annotation_clip=False, color=MUTED,
        )  # fmt: skip
        if place % 2 and place < len(asked) - 1:
            axes.axhline(y - 0.5, color=FAINT, linewidth=0.6)
    axes.axvline(0, color=INK, linewidth=1.2)
    axes.set_xlim(0, reach)
    axes.set_ylim(-0.6, len(asked) - 0.4)
    labels = [_row_label(pair, *one) for one in asked]
    axes.set_yticks(range(len(asked)), labels[::-1], color=INK)
    axes.tick_params(axis="y", pad=10)
    upright_grid(axes)
    axes.set_xlabel("acts set off by one act of the other")
    return finish(
        figure,
        title=kinds_title(kinds, pair),
        subtitle="Branching ratios, profile-likelihood intervals, by act. Filled: shown, by interval and timing. "
        "No large effect: a larger one would mostly show",
        source=source,
        alt="Dots with intervals. "
        + "; ".join(
            f"{label}: {one['estimate']:.2f} ({one['lower']:.2f} to {one['upper']:.2f}), {_SAID[one['verdict']]}"
            for label, one in zip(labels, found, strict=True)
            if "estimate" in one
        )
        + ".",
    )


def _why(one: Mapping[str, Any]) -> str:
    """What the verdict on one question rests on, in few words; nothing where there is no estimate."""
    if "estimate" not in one:
        return ""
    if one["verdict"] == "shown":
        return f"{one['lower']:.2f} or more"
    if one["verdict"] == "no large effect":
        return f"{one['upper']:.2f} or less"
    return "timing may be chance" if one["lower"] > 0 else f"0 to {one['upper']:.2f} possible"


def _row_label(pair: Pair, side: str, kind: str, of: str) -> str:
    other = next(one for one in pair if one != side)
    return f"{possessive(state_name(other))} {_what(of)} → {possessive(state_name(side))} {kind}"


def kinds_title(kinds: Part, pair: Pair) -> str:
    """What can be said of words and of deeds, as a sentence."""
    verdicts = {verdict_of(kinds, pair, side, kind) for side in pair for kind in ("words", "deeds")}
    if verdicts == {"cannot tell"}:
        return "Whether either side’s words or deeds follow the other’s acts cannot be told"
    parts = [_said_of(kinds, pair, kind) for kind in ("words", "deeds")]
    sentence = "; ".join(parts)
    return sentence[0].upper() + sentence[1:]


def _said_of(kinds: Part, pair: Pair, kind: str) -> str:
    verdicts = {side: verdict_of(kinds, pair, side, kind) for side in pair}
    shown = [side for side in pair if verdicts[side] == "shown"]
    if len(shown) == len(pair):
        return f"{kind} of both sides follow the other’s acts"
    if shown:
        side, other = (state_name(one) for one in sorted(pair, key=lambda one: one != shown[0]))
        follows = f"{possessive(side)} {kind} follow {possessive(other)} acts"
        if verdicts[next(one for one in pair if one not in shown)] == "cannot tell":
            return (
                f"{follows}, and whether {possessive(other)} {kind} follow {possessive(side)} cannot be told"
            )
        return f"{follows}, and {possessive(other)} {kind} show no large answer to {possessive(side)}"
    if set(verdicts.values()) == {"cannot tell"}:
        return f"whether {kind} follow the other side’s acts cannot be told"
    return f"neither side’s {kind} can be shown to follow the other’s acts"


@drawn
def acts_in_the_days_after(following: pl.DataFrame, kinds: Part, *, pair: Pair, source: str) -> Figure:
    """Pairs of an act and a later act of the other side, against the same acts moved in time.

    Args:
        following: frame ``following``: source_code, source_kind, receiver_code, receiver_kind, unit, n_pairs, expected,
            null_lower, null_upper, q_value.
        kinds: part ``kinds``: the lags.
        pair: codes of the two sides.
        source: source line.

    Raises:
        ValueError: no comparison could be made.
    """
    counted = following.filter((pl.col("unit") == "act") & pl.col("n_pairs").is_not_null())
    rows = counted.to_dicts()
    if not rows:
        raise ValueError("no pair of kinds could be compared: leave the figure out")
    figure, axes = new_figure("wide", height=0.44 * len(rows) + 0.9)
    colours = dict(zip(pair, SIDES, strict=True))
    labels = []
    for place, row in enumerate(rows):
        y = len(rows) - 1 - place
        axes.plot(
            [row["null_lower"], row["null_upper"]], [y, y], color=FAINT, linewidth=9, solid_capstyle="butt"
        )
        axes.plot([row["expected"]] * 2, [y - 0.22, y + 0.22], color=MUTED, linewidth=1.6)
        colour = colours[row["receiver_code"]]
        axes.scatter(
            [row["n_pairs"]], [y], s=72, zorder=3, linewidth=2, clip_on=False, edgecolor=colour,
            facecolor=colour if row["verdict"] == "shown" else PAPER,
        )  # fmt: skip
        labels.append(
            f"{possessive(state_name(row['source_code']))} {row['source_kind']}, then "
            f"{possessive(state_name(row['receiver_code']))} {row['receiver_kind']}"
        )
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(left=-0.5)
    axes.set_yticks(range(len(rows)), labels[::-1], color=INK)
    upright_grid(axes)
    first, last = kinds["days_from"], kinds["days_to"]
    axes.set_xlabel(f"pairs of acts {first} to {last} days apart")
    shown = [label for label, row in zip(labels, rows, strict=True) if row["verdict"] == "shown"]
    return finish(
        figure,
        title=_pairs_title(shown, len(rows)),
        subtitle=f"Acts {first} to {last} days after an act of the other side (dots) and the same acts moved in time "
        "(grey: the range of chance; line: its mean). Filled: beyond chance with all comparisons allowed for",
        source=source,
        alt="Dots against bars of chance. "
        + "; ".join(
            f"{label}: {row['n_pairs']} pairs, {row['expected']:.1f} by chance"
            for label, row in zip(labels, rows, strict=True)
        )
        + ".",
    )


def _pairs_title(shown: Sequence[str], n: int) -> str:
    if not shown:
        return f"In none of {n} comparisons do more acts follow than chance gives"
    return f"More follow than chance gives in {len(shown)} of {n} comparisons: {'; '.join(shown)}"


def powers(kinds: Part, pair: Pair) -> list[dict[str, Any]]:
    """How often effects of some sizes would be seen, for a table: one row for a question and size."""
    rows = []
    for kind, of in _ASKED:
        for side in pair:
            found: Mapping[str, Any] = kinds["excitation"].get(_question(pair, side, kind, of), {})
            rows += [
                {"question": _row_label(pair, side, kind, of), "size": one["ratio"], "seen": one}
                for one in found.get("power") or ()
            ]
    return rows
