"""Tables of the page on escalation: acts near the steps of others, who comes first, and what the record misses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from retorsion.errors import NotEstimable
from retorsion.figures.days import day_words
from retorsion.findings import estimated
from retorsion.reports.html import Html, Prose, listing, number, percent, ranged, say
from retorsion.sources.states import state_name

Found = Mapping[str, Any]


def near_steps(found: Found) -> Html:
    """Each side's deeds and words near the steps of each calendar: counts, chance, ratio of rates, lag, other choices.

    Args:
        found: findings on escalation.

    Raises:
        NotEstimable: no calendar, or no side with enough acts.
    """
    part = estimated(found, "coordination")
    rows = []
    for name in part["calendars"]:
        for side in found["pair"]:
            for acts in ("deeds", "words"):
                one = part["by_calendar"][name][acts][side]
                if "p_value" in one:
                    rows.append(_near_row(name, side, acts, one, part["opening_ends"]))
    return listing(
        rows,
        f"Acts from {part['days_before']} day before to {part['days_after']} days after a step, against acts moved "
        f"within {part['block_days']} days; one-sided p, with those of a day counted once in brackets",
        interactive=False,
    )


def _near_row(name: str, side: str, acts: str, one: Found, opening_ends: str | None) -> dict[str, str | None]:
    later, rates, tests = one["without_opening"], one["rate_ratio"], one["tests"]
    without = f"p from {day_words(opening_ends)}" if opening_ends else "p without the opening"
    return {
        "Steps of": name,
        "Acts of": state_name(side),
        "Kind": acts,
        "Near a step": f"{one['n_near']} of {one['n_acts']}",
        "By chance": f"{number(one['expected'])} ({one['null_lower']} to {one['null_upper']})",
        "p": f"{one['p_value']:.3f} ({one['p_value_days']:.3f})",
        "Rate near over rate elsewhere": ranged(rates) if "estimate" in rates else None,
        without: f"{later['p_value']:.3f} ({later['p_value_days']:.3f})" if "p_value" in later else None,
        "Windows and blocks with p below 0.05": f"{tests['n_below_0_05']} of {tests['n']}",
    }


def order_of_steps(found: Found) -> Prose:
    """On how many of a side's acting days a step of others is near.

    Args:
        found: findings on escalation.

    Raises:
        NotEstimable: too few calendars of one actor, or no deed near a step.
    """
    first = estimated(found, "coordination", "first", "deeds")
    said = [
        f"Of {first[side]['n_acting_days']} days with deeds of {state_name(side)} from {day_words(first['start'])} "
        f"to {day_words(first['end'])}, {first[side]['n_days']} have a step near."
        for side in found["pair"]
        if first[side]["n_days"]
    ]
    if not said:
        raise NotEstimable("No deed of either side lies near a step, so none can be said to come first.")
    return say(
        "{said} Each day is the actor's own, so time zones alone can make a day of difference. A step and a deed "
        "that were agreed beforehand look as if one followed the other.",
        said=Prose(" ".join(said)),
    )


def first_steps(found: Found) -> Html:
    """Who took the earliest step near a side's days with deeds, and how many days later the deeds come.

    Args:
        found: findings on escalation.

    Raises:
        NotEstimable: too few calendars of one actor, or no deed near a step.
    """
    part = estimated(found, "coordination")
    first = estimated(part, "first", "deeds")
    rows = [
        _first_row(
            row, side, part["by_calendar"].get(row["name"], {}).get("deeds", {}).get(side, {}).get("lags")
        )
        for side in found["pair"]
        if first[side]["n_days"]
        for row in first[side]["table"]
    ]
    if not rows:
        raise NotEstimable("No deed of either side lies near a step, so none can be said to come first.")
    return listing(
        rows,
        "Days with deeds near a step: how often the earliest step was of each, and how long after the nearest step the "
        "deeds came (median, with its interval by order statistics)",
        interactive=False,
    )


def _first_row(row: Found, side: str, lags: Found | None) -> dict[str, Any]:
    known = lags if lags and lags["median"] is not None and lags["lower"] is not None else None
    return {
        "Deeds of": state_name(side),
        "Steps of": row["name"],
        "Earliest on days": row["n_first"],
        "Alone on": row["n_first_alone"],
        "Deeds come": f"{_later(known['median'])} ({known['lower']:g} to {known['upper']:g})".replace(
            "-", "−"
        )
        if known
        else None,
        "Days with a step": known["n_with_event"] if known else None,
        "Same day": known["n_same_day"] if known else None,
    }


def _later(days: float) -> str:
    """Days in words: later, earlier, or on the same day."""
    if not days:
        return "on the same day"
    return f"{abs(days):g} day{'' if abs(days) == 1 else 's'} {'later' if days > 0 else 'earlier'}"


def recall_table(found: Found) -> Html:
    """What share of acts on other lists the record holds, and how many there may be, by side and kind.

    Args:
        found: findings on escalation.

    Raises:
        NotEstimable: recall was not measured.
    """
    part = estimated(found, "recall")
    rows = [
        {
            "Side": state_name(side),
            "Kind": kind,
            "Held": f"{one['n_held']} of {one['n_listed']}",
            "Share held (interval)": ranged(one["recall"], "share"),
            "Days in the record": one["n_record"],
            "Days there are (Chapman)": _total(one["chapman"]),
            "Chao, from three lists": f"at least {one['chao']['total']:.0f}" if "chao" in one else None,
        }
        for side in found["pair"]
        for kind, one in part["by_side"][side].items()
        if "recall" in one
    ]
    if not rows:
        raise NotEstimable(
            "No side and kind of act has enough days on other lists to say what the record misses."
        )
    return listing(
        rows,
        f"Acting days on lists from {part['n_queries']} other searches, {day_words(part['start'])} to "
        f"{day_words(part['end'])}. A day counts as held if the record has one of the side "
        f"and kind within {part['days']} day of it or by its month",
        interactive=False,
    )


def _total(chapman: Found) -> str | None:
    if "total" not in chapman:
        return None
    return f"{chapman['total']:.0f} ({chapman['lower']:.0f} to {chapman['upper']:.0f})"


def recall_of(part: Found, side: str, kind: str) -> Found | None:
    """Recall of one side's deeds, words or provocations, to stand beside a rate that depends on it.

    Args:
        part: the part ``recall`` of the findings.
        side: code of the side.
        kind: ``deeds``, ``words`` or ``provocations``.

    Returns:
        The share with its limits, none where it was not measured.
    """
    measured: Found = part.get("by_side", {}).get(side, {}).get(kind, {})
    share: Found | None = measured.get("recall")
    return share


def recall_sentence(found: Found) -> Prose:
    """What the shares mean for rates, and why they are too high rather than too low.

    Args:
        found: findings on escalation.

    Raises:
        NotEstimable: recall was not measured.
    """
    part = estimated(found, "recall")
    shares = {
        (side, kind): one["recall"]["estimate"]
        for side in found["pair"]
        for kind, one in part["by_side"][side].items()
        if "recall" in one
    }
    if not shares:
        raise NotEstimable(
            "No side and kind of act has enough days on other lists to say what the record misses."
        )
    side, kind = min(shares, key=lambda key: (shares[key], key))
    return say(
        "The record misses {side}'s {kind} most: it holds {share} of the days with such acts on other lists. A side "
        "whose acts are missed may have answered more often than its rates say. Lists and record draw on the same "
        "store of pages, and what is easy to find is on all of them. So the shares are upper bounds, and the "
        "totals lower ones.",
        kind=kind,
        side=state_name(side),
        share=percent(shares[side, kind]),
    )
