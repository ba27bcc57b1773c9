"""The page on which a person decides candidate acts: one file, opened from disk, that fetches nothing."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from markupsafe import Markup

from retorsion.figures.kinds import kind_words
from retorsion.news.matching import Known, Match
from retorsion.news.rows import COLUMNS, PROPOSED, as_csv
from retorsion.reports.page import asset, minified, policy, render, stylesheet
from retorsion.sources.formats.ledger_acts import BASES
from retorsion.sources.states import iso_codes, state_name
from retorsion.sources.text.record_checks import CONFIDENCE
from retorsion.tables.fields import fields, ledger_files

#: Characters of the page shown before and after the evidence, where its paragraph is longer.
AROUND = 500

#: Cells that are chosen from few words.
CHOICES: Mapping[str, Sequence[str]] = {
    "announced_basis": BASES,
    "done_basis": BASES,
    "phase_type": ("decision", "announcement"),
    "flow_type": ("import", "export", "both"),
    "confidence_type": CONFIDENCE,
    "total_type": ("cumulative", "package", "announcement"),
}

#: Cells that are always in sight, in the order of the form; the others are folded.
FIRST = (
    *("summary", "act_type", "actor_code", "target_codes", "announced_date", "announced_basis", "done_date"),
    *(
        "done_basis",
        "phase_type",
        "n_individuals",
        "n_banks",
        "n_other_bodies",
        "flow_type",
        "effective_date",
    ),
    *("note", "reply_to", "reply_note", "act_id", "url"),
)

_OWN = {
    "summary": "The act in one plain sentence of up to 200 characters, in your own words; of a total, what it counts.",
    "reply_to": "Act of a ledger that the page calls this act an answer to; empty where it calls it none.",
    "reply_note": "What the page says of that, in your own words.",
    "total_type": "Of a running total only: what kind of sum it is.",
    "url": "Address of the page.",
}

_LONG = frozenset({"summary", "note", "reply_note"})


def candidates_page(
    table: Sequence[tuple[Match, Mapping[str, str]]],
    texts: Mapping[str, str],
    *,
    known: Sequence[Known],
    act_types: pl.DataFrame,
    pairs: Iterable[tuple[str, str]],
) -> str:
    """The page of candidates.

    Args:
        table: rows as :func:`retorsion.news.rows.rows` gives them.
        texts: text of each page by name.
        known: acts of the ledgers.
        act_types: accepted rows of the vocabulary.
        pairs: sides of the cases, which are offered first among the states.

    Returns:
        HTML with style, script and data inside. Whatever comes from a page is data, which the script shows as text.
    """
    by_id = {act.act_id: act for act in known}
    shown = []
    for match, row in table:
        beside = [*match.doubles, *match.beside, *([match.reply_to] if match.reply_to in by_id else [])]
        before, after = _around(texts[row["page"]], match.candidate.start, match.candidate.end)
        shown.append({"before": before, "after": after, "beside": list(dict.fromkeys(beside))})
    ids = {act_id for one in shown for act_id in one["beside"]}
    data = {
        "columns": list(COLUMNS),
        "rows": [[row[name] for name in COLUMNS] for _, row in table],
        "shown": shown,
        "acts": {act_id: _act(by_id[act_id]) for act_id in sorted(ids)},
        "types": {row["act_type"]: row["description"] for row in act_types.iter_rows(named=True)},
        "key": hashlib.sha256(as_csv([row for _, row in table]).encode()).hexdigest()[:16],
    }
    script, style = asset("desk/desk.js"), stylesheet() + minified(asset("desk/desk.css"))
    return render(
        "candidates.html.j2",
        policy=policy([script], [style]),
        style=Markup(style),
        script=Markup(script),
        data=Markup(_json(data)),
        first=[_field(name) for name in FIRST],
        folded=[_field(name) for name in PROPOSED if name not in FIRST],
        types=_types(act_types),
        states=_states(pairs),
        n=len(table),
    )


def _around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a span in its paragraph."""
    before, after = text[max(0, start - AROUND) : start], text[end : end + AROUND]
    return re.split(r"\n\s*\n", before)[-1].lstrip(), re.split(r"\n\s*\n", after)[0].rstrip()


def _act(act: Known) -> dict[str, Any]:
    day = act.days[0].isoformat()
    return {
        "day": day[:7] if act.is_month else day,
        "actor": state_name(act.actor_code),
        "type": kind_words(act.act_type),
        "summary": act.summary,
        "url": act.url,
    }


def _field(name: str) -> dict[str, Any]:
    described = ledger_files()["acts"].columns.get(name)
    meaning = _OWN.get(name) or described or fields()[name].description
    return {
        "name": name,
        "label": fields()[name].label if name in fields() else name.removesuffix("_codes").replace("_", " "),
        "meaning": meaning,
        "choices": CHOICES.get(name, ()),
        "is_long": name in _LONG,
        "is_state": name in ("actor_code", "target_codes", "addressee_code"),
    }


def _types(act_types: pl.DataFrame) -> list[tuple[str, list[str]]]:
    """Types by domain, in the order of the vocabulary."""
    return [
        (str(domain).replace("_", " "), own["act_type"].to_list())
        for (domain,), own in act_types.group_by("domain_type", maintain_order=True)
    ]


def _states(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Codes and names of states: those of the cases, then all others."""
    sides = {code for pair in pairs for code in pair}
    named = sorted(((code, state_name(code)) for code in iso_codes()), key=lambda one: (one[1], one[0]))
    return [
        ("Sides of the cases", [one for one in named if one[0] in sides]),
        ("Other states", [one for one in named if one[0] not in sides]),
    ]


def _json(value: object) -> str:
    """JSON in plain letters: no text in it ends its element or turns what stands around it."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return text.replace("<", "\\u003c")
