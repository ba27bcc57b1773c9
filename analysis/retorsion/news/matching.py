"""Candidates beside the ledgers and beside each other: which may be known already, and what they may answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from retorsion.news.candidate import Candidate
from retorsion.sources.states import state_name

#: Acts of one side that are no more than so many days apart may be one act.
DOUBLE_DAYS = 3

#: Candidates of one kind that are no more than so many days apart are one act told by several pages.
GROUP_DAYS = 1

#: Of the replies that the ledgers state, 98 % come within so many days, and nine of ten within the fewer. An act that
#: shares no word with the reply is looked for in the fewer alone.
REPLY_DAYS, REPLY_DAYS_UNNAMED = 90, 30

#: What a word of an act's type counts, where its summary's count one, and what each day between takes away. With the
#: notes of the stated replies as words, the act that ranks first is the right one in three of five cases; the latest
#: act alone, in 53 of 100.
_TYPE_WORD, _PER_DAY = 2.0, 0.2

#: Domains in which acts of different types are often one: a freeze that a page calls countermeasures.
_LOOSE_DOMAINS = frozenset({"sanction", "trade_measure"})

#: How the name of an act that is a candidate itself begins, before it has an identifier.
GROUP = "group "

#: Words are the same if they begin with the same letters: "tariffs", "tariff".
_STEM = 5

#: Words of the names of types that tell no type from another.
_GENERAL = frozenset(
    {"measure", "action", "context", "step", "statement", "state", "entry", "other", "ended"}
)


@dataclass(frozen=True, slots=True)
class Known:
    """An act of a ledger, as far as candidates are set beside it.

    Attributes:
        act_id: Its identifier.
        actor_code: State that acts.
        targets: States that it is aimed at or addressed to.
        act_type: Type of the vocabulary.
        days: The days it was done and announced.
        is_month: Only the month is known.
        summary: What it is, in one sentence.
        url: First of its pages.
        pages: Hashes of the pages that it was read from, where the ledger keeps them.
    """

    act_id: str
    actor_code: str
    targets: frozenset[str]
    act_type: str
    days: tuple[date, ...]
    is_month: bool
    summary: str
    url: str
    pages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate, and what the ledgers and the other candidates say of it.

    Attributes:
        candidate: The candidate.
        group: Number of the group of candidates that tell one act, from 1.
        doubles: Acts of the ledgers that it may double, the nearest first.
        beside: Other acts of the same actor towards the same target within the same days.
        reply_to: Act that its reply words seem to point to, else empty. One that is a candidate itself is named by
            :data:`GROUP` and the number of its group.
    """

    candidate: Candidate
    group: int
    doubles: tuple[str, ...]
    beside: tuple[str, ...]
    reply_to: str


def known_acts(acts: pl.DataFrame, pages: pl.DataFrame | None = None) -> list[Known]:
    """Acts of the ledgers.

    Args:
        acts: ``acts`` of the ledgers as :func:`retorsion.sources.formats.ledger.read_part` gives them.
        pages: ``pages`` of the ledgers; none by default.
    """
    hashes: dict[str, set[str]] = {}
    for record, sha256 in [] if pages is None else pages.select("record_id", "sha256").iter_rows():
        hashes.setdefault(record, set()).add(sha256)
    columns = (
        *(
            "act_id",
            "actor_code",
            "target_codes",
            "addressee_code",
            "act_type",
            "done_date",
            "announced_date",
        ),
        *("date_precision", "summary", "source_urls"),
    )
    return [
        Known(
            act_id=row["act_id"],
            actor_code=row["actor_code"],
            targets=frozenset([*row["target_codes"].split(";"), row["addressee_code"]]) - {None},
            act_type=row["act_type"],
            days=tuple(sorted({row["announced_date"], row["done_date"] or row["announced_date"]})),
            is_month=row["date_precision"] == "month",
            summary=row["summary"],
            url=row["source_urls"].split(" ")[0],
            pages=frozenset(hashes.get(row["act_id"], ())),
        )
        for row in acts.select(columns).sort("act_id").iter_rows(named=True)
    ]


def matched(candidates: Sequence[Candidate], known: Sequence[Known], act_types: pl.DataFrame) -> list[Match]:
    """Every candidate beside the acts of the ledgers and beside the other candidates.

    Args:
        candidates: Of one or several pages.
        known: Acts of the ledgers.
        act_types: Accepted rows of the vocabulary.

    Returns:
        One match a candidate, in the order of the candidates.
    """
    types = {row["act_type"]: row for row in act_types.iter_rows(named=True)}
    numbers = groups(candidates)
    told = [act for one, group in zip(candidates, numbers, strict=True) if (act := _as_known(one, group))]
    found = []
    for candidate, group in zip(candidates, numbers, strict=True):
        near = _near(candidate, known)
        ranked = sorted(
            (rank, days, act.act_id)
            for days, act in near
            if (rank := _kinship(candidate, act, types)) is not None
        )
        doubles = tuple(act_id for _, _, act_id in ranked) if candidate.kind == "act" else ()
        beside = tuple(act.act_id for _, act in near if act.act_id not in doubles)
        others = [*known, *(act for act in told if act.act_id != f"{GROUP}{group}")]
        found.append(Match(candidate, group, doubles, beside, _answered(candidate, others, types)))
    return found


def _as_known(candidate: Candidate, group: int) -> Known | None:
    """A candidate as an act that another candidate may answer; None for a total, or without a day."""
    if candidate.kind == "total" or candidate.date is None:
        return None
    return Known(
        act_id=f"{GROUP}{group}",
        actor_code=candidate.actor_code,
        targets=frozenset([candidate.target_code]),
        act_type=candidate.act_type,
        days=(candidate.date,),
        is_month=candidate.date_basis == "month",
        summary=candidate.evidence,
        url=candidate.url,
    )


def groups(candidates: Sequence[Candidate]) -> list[int]:
    """Number of the group of each candidate: the same kind of act of one side towards another, a day apart at most.

    The first day of a group counts, so that a chain of days makes no group of a week. A candidate without a day
    is alone.
    """
    order = sorted(range(len(candidates)), key=lambda n: (candidates[n].date or date.max, n))
    begun: dict[tuple[str, ...], tuple[date, int]] = {}
    numbers: dict[int, int] = {}
    n_groups = 0
    for number in order:
        one = candidates[number]
        key = (one.kind, one.actor_code, one.target_code, one.act_type, one.phase_type)
        first = begun.get(key)
        if one.date and first and (one.date - first[0]).days <= GROUP_DAYS:
            numbers[number] = first[1]
            continue
        n_groups += 1
        numbers[number] = n_groups
        if one.date:
            begun[key] = (one.date, n_groups)
    return [numbers[number] for number in range(len(candidates))]


def _near(candidate: Candidate, known: Iterable[Known]) -> list[tuple[int, Known]]:
    """Acts of one actor towards one target within the days of a double, or read from the same page before.

    Each with the days between; the most a double may have where the page alone brings the two together.
    """
    near = []
    for act in known:
        if act.actor_code == candidate.actor_code and candidate.target_code in act.targets:
            days = _days_between(candidate, act)
            if days is not None and days <= DOUBLE_DAYS:
                near.append((days, act))
            elif candidate.page_sha256 in act.pages:
                near.append((DOUBLE_DAYS, act))
    return sorted(near, key=lambda pair: (pair[0], pair[1].act_id))


def _days_between(candidate: Candidate, act: Known) -> int | None:
    """Days between a candidate and an act; the most a double may have where only the month of either is known."""
    if candidate.date is None:
        return None
    if act.is_month or candidate.date_basis == "month":
        months = {(day.year, day.month) for day in act.days}
        return DOUBLE_DAYS if (candidate.date.year, candidate.date.month) in months else None
    return min(abs((candidate.date - day).days) for day in act.days)


def _kinship(candidate: Candidate, act: Known, types: Mapping[str, Mapping[str, object]]) -> int | None:
    """How near two kinds are: 0 the same, 1 of one domain and rung, 2 of one loose domain or page; None for no kin."""
    if candidate.act_type == act.act_type:
        return 0
    first, second = types.get(candidate.act_type), types.get(act.act_type)
    far = 2 if candidate.page_sha256 in act.pages else None
    if first is None or second is None or first["domain_type"] != second["domain_type"]:
        return far
    if first["rung"] is not None and first["rung"] == second["rung"]:
        return 1
    return 2 if first["domain_type"] in _LOOSE_DOMAINS else far


def _answered(candidate: Candidate, known: Iterable[Known], types: Mapping[str, Mapping[str, object]]) -> str:
    """The act of the other side, before a candidate or on its day, that its reply words fit best.

    Words that the act shares with its type and summary count for it, and days against it.
    """
    if not candidate.reply_words or candidate.date is None:
        return ""
    sides = f"{state_name(candidate.actor_code)} {state_name(candidate.target_code)}".lower().split()
    names = tuple(name[: _STEM - 1] for name in sides)  # "Chinese" too says only whose act it is
    said = {stem for stem in _stems(candidate.reply_words) if not stem.startswith(names)}
    fitting = []
    for act in known:
        days = (candidate.date - act.days[0]).days
        if act.actor_code != candidate.target_code or candidate.actor_code not in act.targets:
            continue
        kind = (
            f"{act.act_type} {types[act.act_type]['domain_type']}" if act.act_type in types else act.act_type
        )
        words = _TYPE_WORD * len(said & _stems(kind)) + len(said & _stems(act.summary))
        if 0 <= days <= (REPLY_DAYS if words else REPLY_DAYS_UNNAMED):
            fitting.append((words - _PER_DAY * days, act.days[0], act.act_id))
    return max(fitting)[2] if fitting else ""


def _stems(text: str) -> set[str]:
    words = re.findall(r"[a-z]{4,}", text.lower().replace("_", " "))
    return {word[:_STEM] for word in words if word.removesuffix("s") not in _GENERAL}
