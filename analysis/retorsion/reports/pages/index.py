"""The front page: what was recorded, the timeline, each case in a figure and a sentence, and what was found."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from retorsion.errors import NotEstimable
from retorsion.figures import escalation as escalation_figures
from retorsion.figures.days import day_words
from retorsion.figures.svg import show
from retorsion.reports.cards import Findings, findings_of
from retorsion.reports.cards import cards as cards_of
from retorsion.reports.escalation import Telling
from retorsion.reports.headlines import Finding, foremost, plain
from retorsion.reports.html import number, web_addresses, with_download
from retorsion.reports.markdown import Headings, inline
from retorsion.reports.page import Link, Menu, Provenance, Site, asset, minified, page, render
from retorsion.reports.pages.explorer import between
from retorsion.reports.pages.months import months
from retorsion.reports.site import Case, Context, Files, Page, pages
from retorsion.sources.states import state_name

QUESTION = "When states strike back: who answers whom, how fast, and at what cost?"
STANDFIRST = (
    "An open record of sanctions, trade measures and diplomatic acts between states. Every number leads to the rows "
    "behind it, and every row to the pages it was read from."
)
#: Folder of the pictures, each called like its case.
FIGURES = "figures/front/"
FIGURE_SOURCE = "Retorsion, ledger of acts; Goldstein 1992"


@dataclass(frozen=True)
class Card:
    """A page the front page leads to, with what a reader finds there."""

    title: str
    href: str
    text: str


@dataclass(frozen=True)
class Fact:
    """What was recorded: a number with its noun, and what it is made of."""

    value: str
    text: str


@dataclass(frozen=True)
class Lead:
    """A case on the front page.

    Attributes:
        title: of the case.
        figure: HTML of its headline figure (:func:`retorsion.figures.svg.show` gives it); empty for none.
        finding: what stands for the case; None where nothing could be estimated.
        links: its pages.
        story: its title and its address; None for none.
    """

    title: str
    figure: str
    finding: Finding | None
    links: Sequence[Link]
    story: Link | None = None


@dataclass(frozen=True)
class Front:
    """What is on the front page.

    Attributes:
        facts: what was recorded.
        note: how the facts go together with the numbers of each case; empty for none.
        note_link: where that is told in full.
        months: HTML of the small timeline of all cases.
        leads: the cases, in order.
        findings: the few that say most over all cases.
        downloads: files to take.
        cards: the pages that all cases share.
    """

    facts: Sequence[Fact]
    months: str
    leads: Sequence[Lead]
    findings: Sequence[Finding]
    downloads: Sequence[Card]
    cards: Sequence[Card]
    note: str = ""
    note_link: Link | None = None


def index_page(
    site: Site, front: Front, *, evidence: Sequence[Findings] = (), provenance: Provenance | None = None
) -> str:
    """The question, what was recorded, the timeline, the cases, what was found, and where to go.

    Args:
        site: what all pages have in common.
        front: what is on it.
        evidence: what the numbers lead to, for their cards.
        provenance: for the footer.
    """
    headings = Headings()
    body = render(
        "index.html.j2",
        site=site,
        question=QUESTION,
        standfirst=STANDFIRST,
        until=site.until(PAGE.address),
        front=front,
        months=Markup(front.months),
        leads=[
            {
                "lead": lead,
                "heading": headings.add(3, lead.title),
                "figure": Markup(lead.figure),
                "finding": lead.finding and _shown(lead.finding),
            }
            for lead in front.leads
        ],
        findings=[_shown(finding) for finding in front.findings],
    )
    return page(
        site,
        href=PAGE.address,
        title=site.name,
        body=body,
        provenance=provenance,
        description=QUESTION,
        styles=minified(asset("front.css")),
        data={"cards-data": cards_of(body, *evidence)} if evidence else None,
    )


def _shown(finding: Finding) -> Mapping[str, object]:
    parts = ("value", "sentence", "caveat", "interval")
    return {"finding": finding, **{part: Markup(inline(getattr(finding, part))) for part in parts}}


def _build(context: Context) -> Files:
    written: dict[str, str] = {}
    leads = []
    for case in context.cases:
        drawing, address = _figure(case), f"{FIGURES}{case.folder.rstrip('/')}.svg"
        figure, written[address] = with_download(drawing.html, address), drawing.svg
        leads.append(Lead(case.title, figure, plain(case), _links(context.site, case), _story(case)))
    html = index_page(
        context.site,
        Front(
            facts=_recorded(context),
            note=_bridge(context),
            note_link=Link("Data checks", f"{context.cases[0].folder}01_sources_and_tables.html"),
            months=months(context.table("acts"), context.cases),
            leads=leads,
            findings=foremost(context.cases, context.comparison),
            downloads=DOWNLOADS,
            cards=[_card(each) for each in pages() if each.menu is not None and not each.of_case],
        ),
        evidence=[
            findings_of(case, case.folder)
            for case in [*context.cases, *([context.comparison] if context.comparison else [])]
        ],
        provenance=context.provenance,
    )
    return {PAGE.address: html, **written}


#: Files to take, with what is in them.
DOWNLOADS = (
    Card("Acts (CSV)", "tables/acts.csv", "every act, with its sources"),
    Card("Acts (Parquet)", "tables/acts.parquet", "the same, typed"),
    Card("Data package", "tables/datapackage.json", "all tables, described for programs"),
    Card("All tables", "tables.html", "to view, filter and download"),
)


def _links(site: Site, case: Case) -> list[Link]:
    """The pages of a case, as its menu lists them."""
    menus = (menu for menu in site.navigation if isinstance(menu, Menu))
    return [link for menu in menus if menu.folder == case.folder for link in menu.links]


def _story(case: Case) -> Link | None:
    return Link(case.story["title"], f"{case.folder}acts.html#story") if case.story else None


def _recorded(context: Context) -> list[Fact]:
    """What was recorded: how many acts, of which states, from when to when, read from how many pages."""
    acts = pl.concat([between(context.table("acts"), case.pair) for case in context.cases])
    if acts.is_empty():
        return []
    days = acts["act_date"].drop_nulls().sort().to_list()
    acts = acts.unique("act_id")
    kinds = acts["domain_type"].value_counts().sort(["count", "domain_type"], descending=[True, False])
    states = {code for case in context.cases for code in case.pair}
    read = {url for urls in acts["source_urls"].drop_nulls() for url in web_addresses(urls)}
    return [
        Fact(
            f"{number(len(acts))} acts",
            _listed([f"{number(n)} {domain.replace('_', ' ')}s" for domain, n in kinds.iter_rows()]),
        ),
        Fact(f"{len(states)} states", ", ".join(sorted(map(state_name, states)))),
        Fact(
            f"{days[0].year} to {days[-1].year}", _searched(context.cases) or f"acts to {day_words(days[-1])}"
        ),
        Fact(f"{number(len(read))} pages", "read on the web, each linked from its act"),
    ]


def _searched(cases: Sequence[Case]) -> str:
    """To which day acts of each case were searched for."""
    titles: dict[str, list[str]] = {}
    for case in cases:
        if case.recorded:
            titles.setdefault(max(span["end"] for span in case.recorded), []).append(case.title)
    ends = [f"{day_words(end)} ({', '.join(given)})" for end, given in sorted(titles.items())]
    return f"searched to {' and '.join(ends)}" if ends else ""


def _bridge(context: Context) -> str:
    """Why acts of the cases do not add up to all acts, and why pages of a case show fewer."""
    acts = [between(context.table("acts"), case.pair)["act_id"].unique() for case in context.cases]
    twice = sum(map(len, acts)) - (pl.concat(acts).n_unique() if acts else 0)
    shared = f"{number(twice)} acts belong to two pairs and are counted once above. " if twice else ""
    return (
        f"{shared}Pages of a case leave out acts that come every year and acts outside its time. The table of acts has "
        "a row for each state that an act aims at. More in"
    )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _card(described: Page) -> Card:
    return Card(described.title, described.address, described.description)


def _telling(case: Case) -> Telling | None:
    """What the page on escalation says; None where the case has no findings on it."""
    found = case.findings.get("escalation")
    return Telling(found, case.scales[0]) if found else None


@dataclass(frozen=True)
class _Drawing:
    html: str
    svg: str


def _figure(case: Case) -> _Drawing:
    """The figure of a case as HTML and as a file; its statement where there is none."""
    telling = _telling(case)
    try:
        figure = escalation_figures.intensity_over_time(
            case.rows("escalation_intensity"),
            case.findings["escalation"]["record"],
            pair=case.pair,
            scale=case.scales[0],
            source=FIGURE_SOURCE,
            counted=telling.known("specifications", "quantities", "share of first") if telling else None,
        )
    except NotEstimable as reason:
        return _Drawing(str(Markup("<p><em>No figure.</em> {}</p>").format(reason)), _no_figure(str(reason)))
    shown = show(figure)
    return _Drawing(shown.html, shown.svg)


def _no_figure(reason: str) -> str:
    """The picture that stands where there is no figure: why there is none. The pipeline expects the folder."""
    lines = textwrap.wrap(f"No figure. {reason}", 100)
    spans = Markup("").join(Markup('<tspan x="16" dy="22">{}</tspan>').format(line) for line in lines)
    return str(
        Markup(
            '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 800 {height}">'
            "<title>No figure</title><desc>{reason}</desc>"
            '<rect width="800" height="{height}" fill="#ffffff"/>'
            '<text y="8" font-family="sans-serif" font-size="15" fill="#333333">{spans}</text></svg>\n'
        ).format(height=22 * len(lines) + 24, reason=reason, spans=spans)
    )


PAGE = Page(
    address="index.html",
    title="Home",
    description=QUESTION,
    build=_build,
)
