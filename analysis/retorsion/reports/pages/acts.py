"""The page of acts: every act of both sides, what it answers, what answered it, and where it was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import polars as pl
from markupsafe import Markup

from retorsion.errors import NotEstimable, RetorsionError
from retorsion.figures.days import day_words
from retorsion.figures.kinds import kind_words
from retorsion.reports.html import addresses
from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, page, render, way_up
from retorsion.reports.pages.explorer import Explorer, between, explorer, timeline
from retorsion.reports.site import CASE, Case, Context, Files, Page, each_case
from retorsion.sources.states import state_name
from retorsion.tables.about_pair import events_about


def acts_page(
    site: Site,
    acts: pl.DataFrame,
    replies: pl.DataFrame,
    events: pl.DataFrame,
    *,
    pair: tuple[str, str],
    sanctions: pl.DataFrame | None = None,
    explorer: Explorer | None = None,
    story: Mapping[str, Any] | None = None,
    folder: str = "",
    provenance: Provenance | None = None,
) -> str:
    """The acts of two sides towards one another, each with an anchor of its own.

    Args:
        site: what all pages have in common.
        acts: table ``acts``.
        replies: table ``replies``.
        events: table ``context_events``.
        pair: codes of the two sides.
        sanctions: table ``sanctions``: where it names the subjects of an act, their number leads to them.
        explorer: the timeline, above the table; its marks are the rows of the table.
        story: a stretch of the record told above it (:class:`retorsion.reports.site.Case`).
        folder: of the case, relative to the site's: ``""`` or a name that ends in a slash.
        provenance: for the footer.

    Returns:
        HTML in which an act's anchor is its ``act_id``, followed by the target where the act has several.
    """
    headings = Headings()
    shown = between(acts, pair).sort("act_date", "act_id", "target_code", descending=[True, False, False])
    anchors = _anchors(shown)
    events = events.sort("event_date", "event_id", descending=[True, False])
    places = {act_id: names[0] for act_id, names in anchors.items()} | {e: e for e in events["event_id"]}
    labels = _labels(
        *shown.select("act_id", "act_date", "act_type").iter_rows(),
        *events.select("event_id", "event_date", "event_type").iter_rows(),
    )
    answers, answered = _links(replies, places, labels)
    named_on_lists = _named(sanctions)
    rows = [
        {
            "anchor": anchors[act["act_id"]].pop(0),
            "id": act["act_id"],
            "date": _date(act["act_date"], act["date_precision"]),
            "summary": act["summary"],
            "note": act["note"],
            "actor": state_name(act["actor_code"]),
            "kind": kind_words(act["act_type"]),
            "remarks": "; ".join(_remarks(act)),
            "subjects": act["n_subjects"],
            "names": act["act_id"] in named_on_lists,
            "intensity": f"{act['intensity_goldstein'] + 0.0:.1f}".replace("-", "−"),  # no minus at zero
            "answers": answers[act["act_id"]],
            "answered_by": answered[act["act_id"]],
            "pages": Markup(addresses(act["source_urls"])),
            "best_source": (act["best_source_type"] or "").replace("_", " "),
        }
        for act in shown.iter_rows(named=True)
    ]
    return page(
        site,
        href=f"{folder}{PAGE.address}",
        title=PAGE.title,
        body=render(
            "acts.html.j2",
            title=PAGE.title,
            root=way_up(folder),
            explorer=explorer.html if explorer else "",
            story=_told(story, shown, events) if story else None,
            found=headings.add(2, "All acts"),
            acts=rows,
            context_found=headings.add(2, "Background events"),
            events=_background(events, answered),
        ),
        headings=headings,
        wide=True,
        styles=explorer.styles if explorer else "",
        data=explorer.data if explorer else None,
        scripts=explorer.scripts if explorer else (),
        provenance=provenance,
        description=PAGE.description,
    )


def _background(events: pl.DataFrame, answered: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the page shows of each background event."""
    return [
        {
            "anchor": event["event_id"],
            "date": _date(event["event_date"], event["date_precision"]),
            "summary": event["summary"],
            "actor": state_name(event["actor_code"]),
            "kind": kind_words(event["event_type"]),
            "answered_by": answered[event["event_id"]],
            "pages": Markup(addresses(event["source_urls"])),
        }
        for event in events.iter_rows(named=True)
    ]


#: Days shown before and after the act of a step of the story.
_DAYS_AROUND = 21


def _told(story: Mapping[str, Any], acts: pl.DataFrame, events: pl.DataFrame) -> dict[str, Any]:
    """A story with the day of each step, the state that brings the timeline there, and its row without scripts."""
    days = dict(acts.select("act_id", "act_date").iter_rows()) | dict(
        events.select("event_id", "event_date").iter_rows()
    )
    around = timedelta(days=_DAYS_AROUND)
    steps = []
    for step in story["steps"]:
        day = days.get(step["id"])
        if day is None:
            raise RetorsionError(
                f"the story {story['title']!r} tells of {step['id']!r}, which is no act or event between the two "
                "sides. Correct its id in the file of the case"
            )
        state = urlencode({"from": day - around, "to": day + around, "act": step["id"]})
        steps.append({"href": f"#{step['id']}", "state": state, "date": day_words(day), "text": step["text"]})
    return {"title": story["title"], "steps": steps}


def _anchors(acts: pl.DataFrame) -> dict[str, list[str]]:
    """Anchors of each act's rows, in the order of the rows."""
    anchors: dict[str, list[str]] = defaultdict(list)
    for act_id, target in acts.select("act_id", "target_code").iter_rows():
        anchors[act_id].append(f"{act_id}:{target}" if anchors[act_id] else act_id)
    return anchors


def _links(
    replies: pl.DataFrame, places: dict[str, str], labels: dict[str, tuple[str, str]]
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """What each act answers, and what answered it, main links first."""
    answers: dict[str, list[dict[str, Any]]] = defaultdict(list)
    answered: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for link in replies.sort("is_main", "act_id", "reply_act_id", descending=[True, False, False]).iter_rows(
        named=True
    ):
        reply, act = link["reply_act_id"], link["act_id"]
        is_general = link["answers_type"] != "act"
        if act in places:
            answers[reply].append({"anchor": places[act], "label": labels[act], "is_general": is_general})
        if reply in places:
            answered[act].append({"anchor": places[reply], "label": labels[reply], "is_general": is_general})
    return answers, answered


def _labels(*named: tuple[str, Any, str]) -> dict[str, tuple[str, str]]:
    """Day and kind of each act or event by its id, given with both; those of one day and kind are numbered."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each, day, kind in sorted(set(named)):
        alike[str(day), kind_words(kind)].append(each)
    return {
        each: (day, f"{kind} ({number})" if number > 1 else kind)
        for (day, kind), own in alike.items()
        for number, each in enumerate(own, start=1)
    }


def _named(sanctions: pl.DataFrame | None) -> frozenset[str]:
    """Acts whose subjects a list names."""
    if sanctions is None:
        return frozenset()
    return frozenset(sanctions.drop_nulls(["subject_name", "act_id"])["act_id"])


def _remarks(act: dict[str, Any]) -> Iterator[str]:
    """What a reader should know of an act's day, aim and certainty."""
    if act["confidence_type"] != "high":
        yield f"{act['confidence_type']} confidence"
    if act["announced_basis"] == "article_day":
        yield "dated by its article"
    if act["done_date"] not in (None, act["act_date"]):
        yield f"done {_date(act['done_date'], 'month' if act['done_basis'] == 'month' else 'day')}"
    if act["aim_type"] == "many":
        yield "aimed at many states"


def _date(day: Any, precision: str) -> str:
    if precision == "observed":
        return f"by {day}"
    return str(day)[: {"day": 10, "month": 7, "year": 4}[precision]]


def _build(context: Context, case: Case) -> Files:
    html = acts_page(
        context.site,
        context.table("acts"),
        context.table("replies"),
        events_about(context.table("context_events"), case.pair, case.context),
        pair=case.pair,
        sanctions=context.table("sanctions"),
        explorer=_explorer(context, case),
        story=case.story,
        folder=case.folder,
        provenance=context.provenance,
    )
    return {PAGE.address: html}


def _explorer(context: Context, case: Case) -> Explorer | None:
    """The timeline of the acts of both sides; None where there is no act to draw."""
    try:
        inferred = case.rows("escalation_candidates")
    except NotEstimable:
        inferred = None
    data = timeline(
        context.table("acts"),
        context.table("replies"),
        events_about(context.table("context_events"), case.pair, case.context),
        pair=case.pair,
        scales=case.scales,
        recorded=case.recorded,
        marks=case.marks,
        inferred=inferred,
        sanctions=context.table("sanctions"),
        trade_measures=context.table("trade_measures"),
    )
    return explorer(data) if data["acts"] else None


PAGE = Page(
    address="acts.html",
    title="Timeline of acts",
    label="Timeline",
    description="Every act of both sides, with its replies and sources.",
    menu=CASE,
    order=4,
    build=each_case(_build),
)
