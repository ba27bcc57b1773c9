"""Where the models and counts of the page on escalation say more than its lead: what they show, and why it is not said.

The lead takes what passes every test. A figure under it may show a link that passes some.
"""

from __future__ import annotations

from retorsion.reports.escalation import Telling, listed
from retorsion.reports.html import Prose, joined, say
from retorsion.sources.states import state_name


def disagreements(telling: Telling) -> Prose:
    """What a simpler reading shows and the lead does not; empty where they agree.

    Args:
        telling: findings on escalation of a case.
    """
    return joined(filter(lambda said: said.text, (_of_pairs(telling), _of_all_acts(telling))), "\n\n")


def _is_shown(telling: Telling, side: str, kind: str) -> bool:
    link = f"{telling.other(side)} all->{side} {kind}"
    return bool(telling.known("kinds", "excitation", link, "verdict") == "shown")


def _of_pairs(telling: Telling) -> Prose:
    """Pairs of kinds that are beyond chance in the count, where the model cannot show that the second follows."""
    more = [
        telling.pair_words(name)
        for name, one in (telling.known("kinds", "pairs") or {}).items()
        if one.get("verdict") == "shown" and not _is_shown(telling, *name.split("->")[1].split(" "))
    ]
    if not more:
        return Prose("")
    return say(
        "**A count without a model shows more** (below): {pairs}. It allows for no outside events.",
        pairs=listed(more),
    )


def _of_all_acts(telling: Telling) -> Prose:
    """Links of the model of all acts that are above zero, where neither words nor deeds are shown to follow."""
    main = telling.known("excitation", "with_driver")
    more = []
    for side in telling.pair:
        other = telling.other(side)
        link = telling.known("excitation", "links", f"{other}->{side}", str(main)) if main else None
        if (
            link
            and (link.get("lower") or 0) > 0
            and not any(_is_shown(telling, side, k) for k in ("words", "deeds"))
        ):
            more.append(f"acts of {state_name(side)} after those of {state_name(other)}")
    if not more:
        return Prose("")
    return say(
        "**The model of all acts together says more** (below): its interval is above zero for {links}. A shock that "
        "both sides felt may be behind it, so it is not counted as shown.",
        links=listed(more),
    )
