"""Chains of stated answers: who begins, how long they are, and what stands at their end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from retorsion.comparison.pairs import CaseActs

#: What stands at the end of a chain, in the order in which it is looked for.
ENDS = {
    "truce": "a truce or an easing by one of the two within the days that count",
    "outside_event": "an outside event within the days that count",
    "record_ends": "the record ends before an answer could be seen",
    "smaller_answer": "the last answer hit less than what it answered, as when goods run out",
    "no_answer": "no further answer is stated",
}


@dataclass(frozen=True)
class Ends:
    """What may end a chain.

    Attributes:
        truce_types: types of act that ease or settle.
        outside_days: days of outside events.
        within_days: how long after the last act something counts as its end.
    """

    truce_types: Collection[str]
    outside_days: Collection[date]
    within_days: int


def chains(case: CaseActs, ends: Ends) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The longest run of answers from every act that is answered and answers none itself.

    Each reply hangs on the main act it answers, so that the links are trees; of each tree the longest path is told,
    of several the one with most acts of the type of the first, then the one that ends latest.

    Args:
        case: acts and replies.
        ends: what may end a chain.

    Returns:
        chains: case, chain_id (its first act), first_actor_code, n_acts, n_deeds, start, end, days, end_type; and
        steps: chain_id, step, act_id, actor_code, day, is_deed, value_usd, tariff_rate_pct, summary.
    """
    main = case.pairs.filter("is_main").select("reply_act_id", "act_id")
    parent = dict(main.iter_rows())
    children: dict[str, list[str]] = {}
    for reply, act in sorted(parent.items()):
        children.setdefault(act, []).append(reply)
    known = {row["act_id"]: row for row in case.acts.iter_rows(named=True)}
    roots = sorted(act for act in children if act not in parent and act in known)
    rows, steps = [], []
    for root in roots:
        path = _longest(root, children, known)
        days = [known[one]["day"] for one in path if known[one]["day"] is not None]
        rows.append(
            {
                "case": case.name,
                "chain_id": root,
                "first_actor_code": known[root]["actor_code"],
                "n_acts": len(path),
                "n_deeds": sum(bool(known[one]["is_deed"]) for one in path),
                "start": min(days, default=None),
                "end": max(days, default=None),
                "days": (max(days) - min(days)).days if days else None,
                "end_type": _end(path, known, case, ends),
            }
        )
        steps += [
            {
                "case": case.name,
                "chain_id": root,
                "step": number,
                **{
                    name: known[one][name]
                    for name in (
                        "act_id",
                        "actor_code",
                        "day",
                        "is_deed",
                        "value_usd",
                        "tariff_rate_pct",
                        "summary",
                    )
                },
            }
            for number, one in enumerate(path, start=1)
        ]
    told = pl.DataFrame(rows, schema=_CHAINS, orient="row").sort(
        ["n_acts", "start", "chain_id"], descending=[True, False, False]
    )
    return told, pl.DataFrame(steps, schema=_STEPS, orient="row").sort("chain_id", "step")


_CHAINS = {
    "case": pl.String,
    "chain_id": pl.String,
    "first_actor_code": pl.String,
    "n_acts": pl.Int64,
    "n_deeds": pl.Int64,
    "start": pl.Date,
    "end": pl.Date,
    "days": pl.Int64,
    "end_type": pl.String,
}
_STEPS = {
    "case": pl.String,
    "chain_id": pl.String,
    "step": pl.Int64,
    "act_id": pl.String,
    "actor_code": pl.String,
    "day": pl.Date,
    "is_deed": pl.Boolean,
    "value_usd": pl.Float64,
    "tariff_rate_pct": pl.Float64,
    "summary": pl.String,
}


def _longest(root: str, children: dict[str, list[str]], known: dict[str, Any]) -> list[str]:
    """The longest path down from an act; of equal ones that with most acts of the root's type, then the latest."""
    kind = known[root]["act_type"]

    def key(path: list[str]) -> tuple[int, int, date, str]:
        alike = sum(known[one]["act_type"] == kind for one in path)
        return len(path), alike, known[path[-1]]["day"] or date.min, path[-1]

    best: dict[str, list[str]] = {}
    waiting = [(root, False)]
    while waiting:
        act, is_open = waiting.pop()
        below = [one for one in children.get(act, []) if one in known]
        if is_open or not below:
            best[act] = [act, *max((best[one] for one in below), key=key, default=[])]
        else:
            waiting += [(act, True), *((one, False) for one in below)]
    return best[root]


def _end(path: list[str], known: dict[str, Any], case: CaseActs, ends: Ends) -> str:
    last = known[path[-1]]
    day = last["day"]
    if last["act_type"] in ends.truce_types:
        return "truce"
    if day is None:
        return "no_answer"
    until = day + timedelta(days=ends.within_days)
    eased = case.acts.filter(
        pl.col("act_type").is_in(list(ends.truce_types)) & pl.col("day").is_between(day, until)
    )
    if len(eased):
        return "truce"
    if any(day <= one <= until for one in ends.outside_days):
        return "outside_event"
    if until > case.end:
        return "record_ends"
    before = known[path[-2]] if len(path) > 1 else None
    if before and before["value_usd"] and last["value_usd"] and last["value_usd"] < before["value_usd"]:
        return "smaller_answer"
    return "no_answer"
