"""The acts explorer: the data and the controls of an interactive timeline of both sides' acts.

The tables say everything; :func:`timeline` puts what a reader needs into one object, :func:`explorer` into
HTML. The drawing is the scripts of ``assets/explorer`` with D3 (``assets/vendor``, version and hash in
``vendored.yaml``). Without scripts the page shows the table of acts alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl
import yaml
from markupsafe import Markup

from retorsion.errors import RetorsionError
from retorsion.figures.kinds import kind_words
from retorsion.reports.html import web_addresses
from retorsion.reports.page import asset, minified, render
from retorsion.sources.states import state_name
from retorsion.tables.fields import fields

#: Files of the drawing's script, each a part of one closure, in order.
PARTS = ("record", "controls", "scene", "drawing", "words", "story", "steering")

#: Symbol of each domain, as D3 names it, in the order of the field dictionary.
SYMBOLS = ("Circle", "Square", "Triangle")

#: How a link is known, from the firmest to the weakest, with the words of the controls.
LINKS: Mapping[str, str] = {
    "act": "names the act",
    "general": "sanctions in general",
    "inferred": "inferred",
}


@dataclass(frozen=True)
class Explorer:
    """The parts of a page that make the explorer.

    Attributes:
        html: the section, hidden until its script shows it.
        styles: its style sheet.
        data: what it draws, by the id of the element that holds it.
        scripts: D3 and the drawing.
    """

    html: Markup
    styles: str
    data: Mapping[str, object]
    scripts: tuple[str, ...]


def timeline(
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    *,
    pair: tuple[str, str],
    scales: Sequence[str],
    recorded: Sequence[Mapping[str, str]] = (),
    marks: Sequence[Mapping[str, str]] = (),
    inferred: pl.DataFrame | None = None,
    sanctions: pl.DataFrame | None = None,
    trade_measures: pl.DataFrame | None = None,
) -> dict[str, Any]:
    """Everything the timeline draws and says, as plain values.

    Args:
        acts: table ``acts``; those of the pair towards one another are shown, one mark an act.
        replies: table ``replies``; links to what is not shown are left out.
        events: rows of ``context_events`` about the pair; of the steps of a coalition, which are many, those that
            are marks are drawn.
        pair: codes of the two sides, the upper one first.
        scales: columns of ``acts`` with intensities, the main one first.
        recorded: spans (start, end) in which acts were looked for; the time between them is drawn short.
        marks: acts and events (id, label) named in the drawing.
        inferred: links a rule infers, with reply_act_id, act_id and lag_days; stated ones win.
        sanctions: table ``sanctions``, for the subjects of an act by kind.
        trade_measures: table ``trade_measures``, for the goods of an act.

    Returns:
        sides, domains, types, scales, spans, marks, confidences, acts, events, links; dates are ISO 8601 and
        acts are in the order of their dates.
    """
    shown = between(acts, pair).sort("act_date", "act_id", "target_code")
    subjects = _subjects(sanctions)
    goods = _goods(trade_measures)
    described: dict[str, dict[str, Any]] = {}
    for row in shown.iter_rows(named=True):
        act = described.setdefault(row["act_id"], _act(row, pair, scales))
        act["targets"].append({"name": state_name(row["target_code"]), "subjects": row["n_subjects"]})
        if row["act_id"] in subjects:
            act["counts"] = subjects[row["act_id"]]
        act |= goods.get(row["act_id"], {})
    drawn = events.filter(pl.col("step").is_null() | pl.col("event_id").is_in([mark["id"] for mark in marks]))
    context = [_event(row) for row in drawn.sort("event_date", "event_id").iter_rows(named=True)]
    known = described.keys() | {event["id"] for event in context}
    types = sorted({(act["domain"], act["type"]) for act in described.values()})
    return {
        "sides": [{"code": code, "name": state_name(code)} for code in pair],
        "domains": [
            {"id": name, "label": kind_words(name), "symbol": symbol}
            for name, symbol in zip(fields()["domain_type"].allowed, SYMBOLS, strict=True)
        ],
        "types": [{"id": name, "label": kind_words(name), "domain": domain} for domain, name in types],
        "scales": [{"id": name, "short": _short(fields()[name].label)} for name in scales],
        "recorded": [[str(span["start"]), str(span["end"])] for span in recorded],
        "marks": [dict(mark) for mark in marks if mark["id"] in known],
        "acts": list(described.values()),
        "events": context,
        "links": _links(replies, inferred, known),
    }


def explorer(data: Mapping[str, Any]) -> Explorer:
    """The explorer of one timeline.

    Args:
        data: as :func:`timeline` returns it.
    """
    acts = data["acts"]
    html = render(
        "explorer.html.j2",
        data=data,
        links=LINKS,
        n_links={kind: sum(link["kind"] == kind for link in data["links"]) for kind in LINKS},
        n_by_side=[sum(act["side"] == side for act in acts) for side in range(len(data["sides"]))],
        n_by_domain=_counts(act["domain"] for act in acts),
        n_by_type=_counts(act["type"] for act in acts),
    )
    drawing = "(() => {\n" + "\n".join(asset(f"explorer/{part}.js") for part in PARTS) + "})();\n"
    licence = asset("vendor/d3.LICENSE")
    return Explorer(
        html=Markup(html),
        styles=minified(asset("explorer/explorer.css")),
        data={"explorer-data": data},
        scripts=(f"/*\n{licence}*/\n{vendored('d3.min.js')}", drawing),
    )


def between(acts: pl.DataFrame, pair: tuple[str, str]) -> pl.DataFrame:
    """The acts of two sides towards one another."""
    return acts.filter(pl.col("actor_code").is_in(pair) & pl.col("addressee_code").is_in(pair))


@cache
def vendored(name: str) -> str:
    """A library kept in ``assets/vendor``, as published.

    Raises:
        RetorsionError: the file is not the one ``vendored.yaml`` names.
    """
    folder = files("retorsion.reports").joinpath("assets", "vendor")
    content = folder.joinpath(name).read_bytes()
    expected = yaml.safe_load(folder.joinpath("vendored.yaml").read_text("utf-8"))[name]["sha256"]
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise RetorsionError(
            f"analysis/retorsion/reports/assets/vendor/{name}: SHA-256 {found} instead of {expected}. "
            "Restore the file, or name the new version and its hash in vendored.yaml"
        )
    return content.decode("utf-8")


def _act(row: Mapping[str, Any], pair: tuple[str, str], scales: Sequence[str]) -> dict[str, Any]:
    return {
        "id": row["act_id"],
        "side": pair.index(row["actor_code"]),
        "date": str(row["act_date"]),
        "precision": row["date_precision"],
        "effective": None if row["effective_date"] is None else str(row["effective_date"]),
        "domain": row["domain_type"],
        "type": row["act_type"],
        "phase": row["phase_type"],
        "formalises": row["formalises_act_id"],
        "codes": f"CAMEO {row['cameo_code']}, PLOVER {row['plover_type']}",
        "targets": [],
        "intensity": [round(row[scale], 2) + 0.0 for scale in scales],  # + 0.0 turns -0.0 into 0.0
        "confidence": row["confidence_type"],
        "basis": row["basis_type"],
        "summary": row["summary"],
        "note": row["note"],
        "urls": web_addresses(row["source_urls"]),
    }


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": row["event_id"],
        "date": str(row["event_date"]),
        "precision": row["date_precision"],
        "actor": state_name(row["actor_code"]),
        "type": kind_words(row["event_type"]),
        "summary": row["summary"],
        "urls": web_addresses(row["source_urls"]),
    }


def _links(
    replies: pl.DataFrame, inferred: pl.DataFrame | None, known: Iterable[str]
) -> list[dict[str, Any]]:
    """Stated links, then inferred ones between acts that no source links."""
    inside = pl.col("reply_act_id").is_in(list(known)) & pl.col("act_id").is_in(list(known))
    stated = [
        {
            "reply": row["reply_act_id"],
            "act": row["act_id"],
            "kind": "act" if row["answers_type"] == "act" else "general",
            "main": row["is_main"],
            "lag": row["lag_days"],
            "url": next(iter(web_addresses(row["source_url"])), None),
            "note": row["note"],
        }
        for row in replies.filter(inside)
        .sort("reply_act_id", "is_main", "act_id", descending=[False, True, False])
        .iter_rows(named=True)
    ]
    if inferred is None:
        return stated
    taken = {(link["reply"], link["act"]) for link in stated}
    return stated + [
        {
            "reply": row["reply_act_id"],
            "act": row["act_id"],
            "kind": "inferred",
            "main": False,
            "lag": row["lag_days"],
            "url": None,
            "note": None,
        }
        for row in inferred.filter(inside).sort("reply_act_id", "act_id").iter_rows(named=True)
        if (row["reply_act_id"], row["act_id"]) not in taken
    ]


def _subjects(sanctions: pl.DataFrame | None) -> dict[str, list[list[Any]]]:
    """Subjects of each act by kind, most first; kinds without a known number are left out."""
    if sanctions is None:
        return {}
    counted = (
        sanctions.filter(pl.col("act_id").is_not_null())
        .group_by("act_id", "subject_type")
        .agg(pl.col("n_subjects").sum())
        .filter(pl.col("n_subjects") > 0)
        .sort("act_id", "n_subjects", "subject_type", descending=[False, True, False])
    )
    found: dict[str, list[list[Any]]] = {}
    for act_id, kind, n in counted.select("act_id", "subject_type", "n_subjects").iter_rows():
        found.setdefault(act_id, []).append([kind_words(kind), n])
    return found


def _goods(trade_measures: pl.DataFrame | None) -> dict[str, dict[str, Any]]:
    """Goods, threshold and last day of each act that is a trade measure."""
    if trade_measures is None:
        return {}
    found: dict[str, dict[str, Any]] = {}
    for row in trade_measures.sort("measure_id").iter_rows(named=True):
        ended = row["ended_date"]
        facts = {
            "goods": row["product_scope"],
            "threshold": row["threshold"],
            "ended": None if ended is None else str(ended),
        }
        found.setdefault(row["act_id"], {key: value for key, value in facts.items() if value})
    return found


def _counts(values: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def _short(label: str) -> str:
    """``Goldstein`` of ``Intensity (Goldstein)``."""
    inner = label.partition("(")[2].rstrip(")") or label
    return inner[:1].upper() + inner[1:]
