"""Candidates as rows that a person decides: a row of the ledger proposed for each, and what it was read from."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from retorsion.news.candidate import Candidate
from retorsion.news.matching import GROUP, Match

#: What a person writes: the decision, who made it, and that a row which seems to double another does not.
DECISION = ("decision", "decided_by", "is_new")

#: Cells of the ledger's files that are proposed, and that a person may change.
PROPOSED = (
    "act_id",
    "package_id",
    "done_date",
    "done_basis",
    "announced_date",
    "announced_basis",
    "effective_date",
    "ended_date",
    "actor_code",
    "target_codes",
    "addressee_code",
    "act_type",
    "phase_type",
    "formalises_act_id",
    "n_individuals",
    "n_banks",
    "n_other_bodies",
    "value_usd",
    "tariff_rate_pct",
    "n_tariff_lines",
    "flow_type",
    "hs_codes",
    "hs_revision",
    "product_scope",
    "threshold",
    "list_source",
    "summary",
    "confidence_type",
    "note",
    "total_type",
    "reply_to",
    "reply_note",
    "url",
)

#: What a row was read from, and what it was set beside.
READ = (
    "kind",
    "group",
    "doubles",
    "was_rejected",
    "page",
    "page_sha256",
    "page_date",
    "page_date_basis",
    "reply_words",
    "frame",
    "trigger",
    "start",
    "end",
    "evidence",
    "confidence",
)

COLUMNS = (*DECISION, *PROPOSED, *READ)

#: How a day is known of which the ledgers mostly (95 of 100) say that the act is sure.
_SURE = frozenset({"official", "text"})


@dataclass(frozen=True)
class Looked:
    """What proposals are looked up in.

    Attributes:
        host_types: Kind of source by host.
        flow_types: What the ledgers mostly say of the flow that a type of act is about.
        act_ids: Identifiers that the ledgers have.
        rejected: What was rejected before, as :func:`rejection_key` writes it.
    """

    host_types: Mapping[str, str]
    flow_types: Mapping[str, str]
    act_ids: frozenset[str]
    rejected: frozenset[tuple[str, ...]]


def usual_flows(acts: pl.DataFrame) -> dict[str, str]:
    """The flow that acts of each type are mostly about; the first in the alphabet of several.

    Args:
        acts: ``acts`` of the ledgers.
    """
    pairs = acts.select("act_type", "flow_type").drop_nulls()
    counted = Counter(pairs.iter_rows())
    most: dict[str, str] = {}
    for (act_type, flow), _ in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        most.setdefault(act_type, flow)
    return most


def rejection_key(candidate: Candidate) -> tuple[str, ...]:
    """What tells one reading of a page from another, without a word of the page."""
    return (
        candidate.page_sha256,
        candidate.frame,
        str(candidate.start),
        str(candidate.end),
        candidate.actor_code,
        candidate.target_code,
        candidate.act_type,
    )


def rows(matches: Sequence[Match], looked: Looked) -> list[tuple[Match, dict[str, str]]]:
    """One row a candidate: what was not rejected before first, then the surest, candidates of one group together.

    Args:
        matches: Candidates beside the ledgers.
        looked: What proposals are looked up in.

    Returns:
        Each match with its cells by :data:`COLUMNS`. Candidates of one group propose one identifier.
    """
    ids: dict[int, str] = {}
    taken = set(looked.act_ids)
    made = []
    for match in matches:
        row = _row(match, looked)
        if match.group not in ids:
            ids[match.group] = _free(row["act_id"], taken)
            taken.add(ids[match.group])
        made.append((match, row | {"act_id": ids[match.group]}))
    answered = {f"{GROUP}{group}": act_id for group, act_id in ids.items()}
    for match, row in made:
        row["reply_to"] = answered.get(match.reply_to, match.reply_to)
    best: dict[int, float] = {}
    for match in matches:
        best[match.group] = max(best.get(match.group, 0.0), match.candidate.confidence)
    made.sort(
        key=lambda pair: (
            pair[1]["was_rejected"] == "true",
            -best[pair[0].group],
            pair[0].group,
            -pair[0].candidate.confidence,
            pair[0].candidate.page,
            pair[0].candidate.start,
        )
    )
    return made


def as_csv(table: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    """Rows as CSV, the same on every machine."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(columns)
    for row in table:
        writer.writerow([row.get(name, "") for name in columns])
    return stream.getvalue()


def _row(match: Match, looked: Looked) -> dict[str, str]:
    one = match.candidate
    cells = dict.fromkeys(COLUMNS, "")
    host_type = looked.host_types.get(_host(one.url), "")
    cells |= _when(one, is_official=host_type == "official")
    cells |= {
        "actor_code": one.actor_code,
        "target_codes": one.target_code,
        "addressee_code": one.target_code,
        "act_type": one.act_type,
        "phase_type": one.phase_type,
        "n_individuals": _number(one.n_individuals),
        "n_banks": _number(one.n_banks),
        "n_other_bodies": _number(one.n_other_bodies),
        "flow_type": looked.flow_types.get(one.act_type, ""),
        "confidence_type": "high" if cells["announced_basis"] in _SURE else "medium",
        "total_type": "cumulative" if one.kind == "total" else "",
        "url": one.url,
    }
    words = "total" if one.kind == "total" else one.act_type.replace("_", "-")
    cells["act_id"] = f"{one.actor_code.lower()}-{cells['announced_date'] or 'day'}-{words}"
    return {name: _on_one_line(cell) for name, cell in (cells | _read(match, looked)).items()}


def _read(match: Match, looked: Looked) -> dict[str, str]:
    one = match.candidate
    return {
        "kind": one.kind,
        "group": str(match.group),
        "doubles": ";".join(match.doubles),
        "was_rejected": "true" if rejection_key(one) in looked.rejected else "",
        "page": one.page,
        "page_sha256": one.page_sha256,
        "page_date": one.page_date.isoformat() if one.page_date else "",
        "page_date_basis": one.page_date_basis,
        "reply_words": _as_words(one.reply_words),
        "frame": one.frame,
        "trigger": _as_words(one.trigger),
        "start": str(one.start),
        "end": str(one.end),
        "evidence": _as_words(one.evidence),
        "confidence": f"{one.confidence:.2f}",
    }


def _when(one: Candidate, *, is_official: bool) -> dict[str, str]:
    """The day as a ledger writes it: announced, and done where the text tells more than the day of the article."""
    if one.date is None or one.date_basis in ("none", "year"):
        return {}
    if one.date_basis == "month":
        return {"announced_date": f"{one.date:%Y-%m}", "announced_basis": "month"}
    day = one.date.isoformat()
    if one.date_basis == "page_date":
        return {"announced_date": day, "announced_basis": "article_day"}
    basis = "official" if is_official else "text"
    done = {} if one.kind == "total" else {"done_date": day, "done_basis": basis}
    return {"announced_date": day, "announced_basis": basis} | done


def _free(act_id: str, taken: set[str]) -> str:
    """An identifier that nothing has yet."""
    number = 2
    free = act_id
    while free in taken:
        free = f"{act_id}-{number}"
        number += 1
    return free


def _host(url: str) -> str:
    found = re.match(r"https?://([^/?#:]+)", url)
    return found[1].lower().rstrip(".").removeprefix("www.") if found else ""


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _as_words(text: str) -> str:
    """Words of a page, which a spreadsheet must not take for a formula."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") else text


def _on_one_line(text: str) -> str:
    """A text without line breaks and other characters that a strict CSV does not hold."""
    return re.sub(r"[\s\x00-\x1f\x7f]+", " ", text).strip()
