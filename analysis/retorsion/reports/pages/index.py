"""The front page: the question, and each case with its figure and its findings in a sentence each."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup

from retorsion.errors import NotEstimable
from retorsion.figures import escalation as escalation_figures
from retorsion.figures.svg import show
from retorsion.findings import place_of, written
from retorsion.reports.cards import Findings, findings_of
from retorsion.reports.cards import cards as cards_of
from retorsion.reports.escalation import Telling
from retorsion.reports.html import (
    Prose,
    count_word,
    evidence_href,
    from_site,
    number,
    percent,
    say,
    with_download,
)
from retorsion.reports.markdown import Headings, inline
from retorsion.reports.page import Menu, Provenance, Site, page, render
from retorsion.reports.pages.explorer import between
from retorsion.reports.site import Case, Context, Files, Page, pages
from retorsion.sources.states import state_name

QUESTION = "When states strike back: who answers whom, how fast, and at what cost?"
STANDFIRST = (
    "We logged {acts} between {pairs}, from {first} to {last}. We measured who retaliated, how fast, and what it "
    "did to trade. Click any number for the data behind it."
)
#: Address of the picture of the first case.
FIGURE = "figures/front.svg"
#: The page that sets the cases beside one another.
COMPARISON = "06_comparison.html"
#: Findings on acts shown of each case but the first, which is shown in full; findings on trade are shown of all.
N_OF_OTHERS = 2
FIGURE_SOURCE = "Retorsion, ledger of acts; Goldstein 1992"


@dataclass(frozen=True)
class Finding:
    """One finding of the front page.

    Attributes:
        value: the number, as the reader sees it; Markdown, as are the next two.
        sentence: what it says, a sentence.
        href: where it is shown in full.
        interval: its uncertainty or what it is counted from, in a few words.
        rows_href: where the rows behind the number are.
    """

    value: str
    sentence: str
    href: str
    interval: str | None = None
    rows_href: str | None = None


@dataclass(frozen=True)
class Card:
    """A page the front page leads to, with what a reader finds there."""

    title: str
    href: str
    text: str


@dataclass(frozen=True)
class Lead:
    """A case on the front page.

    Attributes:
        title: of the case.
        figure: HTML of its headline figure (:func:`retorsion.figures.svg.show` gives it); empty for none.
        findings: in order of weight.
        cards: its pages.
    """

    title: str
    figure: str
    findings: Sequence[Finding]
    cards: Sequence[Card]


def index_page(
    site: Site,
    leads: Sequence[Lead],
    cards: Sequence[Card],
    *,
    compared: Sequence[Card] = (),
    standfirst: str,
    evidence: Sequence[Findings] = (),
    provenance: Provenance | None = None,
) -> str:
    """The question, each case in one figure and a sentence for each finding, and where to go.

    Args:
        site: what all pages have in common.
        leads: the cases, in order.
        cards: the pages that all cases share.
        compared: the page that sets the cases beside one another, first of all; empty for one case.
        standfirst: Markdown of one paragraph below the question.
        evidence: what the numbers lead to, for their cards.
        provenance: for the footer.
    """
    headings = Headings()
    body = render(
        "index.html.j2",
        question=QUESTION,
        standfirst=Markup(inline(standfirst)),
        leads=[
            {
                "heading": headings.add(2, lead.title),
                "figure": Markup(lead.figure),
                "findings": [_shown(finding) for finding in lead.findings],
                "cards": lead.cards,
            }
            for lead in leads
        ],
        cards=cards,
        compared=compared,
    )
    return page(
        site,
        href=PAGE.address,
        title=site.name,
        body=body,
        provenance=provenance,
        description=QUESTION,
        data={"cards-data": cards_of(body, *evidence)} if evidence else None,
    )


def _shown(finding: Finding) -> tuple[Finding, Markup, Markup, Markup]:
    parts = (finding.value, finding.sentence, finding.interval)
    value, sentence, interval = (Markup(inline(part or "")) for part in parts)
    return finding, value, sentence, interval


def findings(case: Case, most: int | None = None) -> list[Finding]:
    """The findings of a case in the order of the front page; what could not be estimated is left out.

    Args:
        case: the case.
        most: findings on acts, of which there are up to four; all of them by default.
    """
    return [
        *_written(case, (_allies, _words, _answers, _share))[:most],
        *_written(case, (_exports, _goods, _tariffs, _diversion)),
    ]


def _written(case: Case, writers: Sequence[Callable[[Case], Finding | None]]) -> list[Finding]:
    found = []
    for write in writers:
        try:
            finding = write(case)
        except NotEstimable:
            continue
        if finding is not None:
            found.append(finding)
    return found


def _telling(case: Case) -> Telling | None:
    """What the page on escalation says; None where the case has no findings on it."""
    found = case.findings.get("escalation")
    return Telling(found, case.scales[0]) if found else None


def _allies(case: Case) -> Finding | None:
    """Whose deeds crowd near the steps of others."""
    telling = _telling(case)
    if telling is None:
        return None
    for side in case.pair:
        calendars = telling.known("coordination", "told", "deeds", side)
        if not calendars or not calendars["without_opening"]:
            continue
        name = calendars["without_opening"][0]
        near = telling.value("coordination", "by_calendar", name, "deeds", side)
        return _finding(
            case,
            "02_escalation.html#is-it-a-duel-or-a-coalition-keeping-step",
            value="{near} of {n}",
            sentence="{owner} deeds cluster around {whom}: {near} of {n} lie near steps of {calendar}, where "
            "chance gives {expected}. Of {n_tested} calendars {n_told} show this; without the opening weeks, "
            "{n_later}.",
            interval="p = {p}, one-sided; counted by act",
            near=written(number(near["n_near"]), near),
            n=number(near["n_acts"]),
            owner=f"{state_name(side)}'s",
            whom=telling.what_others_are(side),
            calendar=name,
            expected=number(near["expected"]),
            n_told=count_word(len(calendars["with_opening"])),
            n_tested=count_word(len(calendars["tested"])),
            n_later=count_word(len(calendars["without_opening"])),
            p=f"{near['p_value']:.3f}",
        )
    return None


def _words(case: Case) -> Finding | None:
    """Whose words follow the other's acts, and what can be said of deeds."""
    telling = _telling(case)
    if telling is None:
        return None
    for side in case.pair:
        link = telling.known("kinds", "excitation", f"{telling.other(side)} all->{side} words")
        if not link or link["verdict"] != "shown":
            continue
        deeds = telling.known("kinds", "excitation", f"{telling.other(side)} all->{side} deeds", "verdict")
        return _finding(
            case,
            "02_escalation.html#whose-acts-follow-whose",
            value="{number}",
            sentence="{owner} words follow {other}: each act of {other} is followed on later days by about {number} "
            "more statements or protests of {name}. "
            + (
                "Its deeds show no such answer."
                if deeds == "no large effect"
                else "Its deeds follow too."
                if deeds == "shown"
                else "Of its deeds the data cannot say whether they do."
            ),
            interval="{low} to {high}, counted by act",
            owner=f"{state_name(side)}'s",
            name=state_name(side),
            other=state_name(telling.other(side)),
            **_range(link, lambda value: number(value, digits=2), "number"),
        )
    return None


def _answers(case: Case) -> Finding | None:
    """The shares of hostile acts that each side answered, and how few answers are deeds."""
    telling = _telling(case)
    a, b = case.pair
    if telling is None:
        return None
    ours, theirs = (telling.known("answers", "rates", "named", "all", "act", side) for side in (b, a))
    deeds = [telling.known("answers", "lags", "deeds", side) for side in case.pair]
    if ours is None or theirs is None:
        return None
    curves = [telling.known("specifications", "quantities", f"answered acts of {side}") for side in (b, a)]
    ranges = [f"{percent(one['lowest'])} to {percent(one['highest'])}" for one in curves if one]
    return _finding(
        case,
        "02_escalation.html#who-answers-with-what-and-how-fast",
        value="{ours} and {theirs}",
        sentence="{a} answered {ours} of {b}'s hostile acts, and {b} answered {theirs} of {a}'s. {n_deeds} of the "
        "{n_answered} acts that were answered met a deed.",
        interval="{ranges}depending on the count" if ranges else "counted by act",
        a=state_name(a),
        b=state_name(b),
        n_deeds=_how_many(sum(one["n"] for one in deeds if one)),
        n_answered=ours["n_answered"] + theirs["n_answered"],
        ranges="".join(f"{words}, " for words in ranges),
        ours=percent(ours["estimate"]),
        theirs=percent(theirs["estimate"]),
    )


#: Acts up to which a number of them is called small.
_FEW = 10


def _how_many(n: int) -> str:
    return "No" if not n else f"Only {n}" if n <= _FEW else str(n)


def _share(case: Case) -> Finding | None:
    """Which part of the recorded hostility came from the first side, in every way to count."""
    telling = _telling(case)
    curve = telling.known("specifications", "quantities", "share of first") if telling else None
    if curve is None:
        return None
    return _finding(
        case,
        "02_escalation.html#how-hard-did-each-side-act-and-when",
        value="{low} to {high}",
        sentence="{a} accounts for {low} to {high} of the recorded hostility between the two, weighted by severity. "
        "It depends on what counts as one act, on the scale, on provocations and on sources.",
        interval="{lower} to {upper} with sampling; {n} ways to count",
        a=state_name(case.pair[0]),
        n=number(curve["n_estimated"]),
        low=percent(curve["lowest"]),
        high=percent(curve["highest"]),
        lower=percent(curve["widest_lower"]),
        upper=percent(curve["widest_upper"]),
    )


def _exports(case: Case) -> Finding | None:
    """The change in exports to the state under measures after the last measure studied."""
    impact = case.findings.get("impact") or {}
    effects = impact.get("monthly", {}).get("export", {}).get("mean_effects")
    if not effects or case.reporter is None or case.target is None:
        return None
    last = effects[-1]
    return _finding(
        case,
        "03_trade_impact.html#how-much-did-trade-fall",
        value="{change}",
        sentence="After the last measure studied, {reporter}'s exports to {target} were {size} {direction} the "
        "level that its trade with other partners predicts.",
        interval="{level} interval {low} to {high}; {sample}",
        size=written(percent(abs(math.expm1(last["estimate"]))), last["estimate"]),
        direction="below" if last["estimate"] < 0 else "above",
        reporter=state_name(case.reporter),
        target=state_name(case.target),
        level=percent(last["level"]),
        sample=last["sample"],
        **_range(last, lambda value: written(percent(math.expm1(value)), value), "change"),
    )


def _goods(case: Case) -> Finding | None:
    """What exports of the goods under measures did, where the change in all exports is not looked at."""
    impact = case.findings.get("impact") or {}
    effect = _estimate(impact, "area_goods", "export", "goods")
    if effect is None or effect["lower"] is None or effect["upper"] is None or _exports(case) is not None:
        return None
    named = impact["area_goods"]["export"]["n_named"]
    dates = case.rows("impact_area_goods_dates").filter(pl.col("flow_type") == "export")
    which = (
        f"the one group of goods under a measure, {dates['label'][0].lower()},"
        if named == 1
        else "the goods under measures"
    )
    return _finding(
        case,
        "03_trade_impact.html#did-goods-under-measures-fall-more",
        value="{change}",
        sentence="Exports of {which} from {reporter} to {target} were {size} {direction} what other "
        "goods and other partners predict.",
        interval="{level} interval {low} to {high}" + _holds_zero(effect),
        size=written(percent(abs(math.expm1(effect["estimate"]))), effect["estimate"]),
        direction="below" if effect["estimate"] < 0 else "above",
        which=which,
        reporter=state_name(str(case.reporter)),
        target=state_name(str(case.target)),
        level=percent(effect["level"]),
        **_range(effect, lambda value: written(percent(math.expm1(value)), value), "change"),
    )


def _tariffs(case: Case) -> Finding | None:
    """What a rise of the tariff by ten per cent did to sales under it."""
    impact = case.findings.get("impact") or {}
    effect = _estimate(impact, "tariffs", "exports", "elasticity")
    if effect is None:
        return None
    exports = impact["tariffs"]["exports"]
    return _finding(
        case,
        "05_tariffs.html#how-much-less-was-sold",
        value="{change}",
        sentence="Where the tariffs of {imposer} made a good 10% dearer, {exporter} sold {size} {direction} of it than "
        "sales of the same good elsewhere predict.",
        interval="{level} interval {low} to {high}" + _holds_zero(effect),
        size=written(percent(abs(math.expm1(_TEN_PERCENT * effect["estimate"]))), effect["estimate"]),
        direction="less" if effect["estimate"] < 0 else "more",
        imposer=state_name(str(exports["imposer_code"])),
        exporter=state_name(str(exports["exporter_code"])),
        level=percent(effect["level"]),
        **_range(effect, lambda value: written(percent(math.expm1(_TEN_PERCENT * value)), value), "change"),
    )


#: One plus the tariff in logs, where it makes a good ten per cent dearer.
_TEN_PERCENT = math.log(1.1)


def _holds_zero(effect: Mapping[str, Any]) -> str:
    return ", so no effect is possible" if effect["lower"] <= 0 <= effect["upper"] else ""


def _diversion(case: Case) -> Finding | None:
    """What others bought more as a share of what sanctioning states bought less."""
    impact = case.findings.get("impact") or {}
    made_up = _estimate(impact, "diversion", "offset_range")
    if made_up is None or case.target is None:
        return None
    first = impact["diversion"]["totals"][0]
    return _finding(
        case,
        "04_diversion.html#where-did-it-go",
        value="{share}",
        sentence="From {base} to {comparison}, what other states bought more from {target} equals {share} of what "
        "sanctioning states bought less ({goods}).",
        interval="{low} to {high} over {n} other ways to count. It adds up totals; it does not say that the same goods "
        "went elsewhere.",
        target=state_name(case.target),
        goods=str(impact["diversion"]["goods"]),
        n=number(made_up["n_choices"]),
        base=str(first["base_years"]),
        comparison=str(first["comparison_years"]),
        **_range(made_up, percent, "share"),
    )


def _finding(case: Case, href: str, *, value: str, sentence: str, interval: str, **values: object) -> Finding:
    """A finding with its numbers filled in; its addresses lead from the front page to the case's pages."""
    words = (from_site(say(text, **values).text, case.folder) for text in (value, sentence, interval))
    value, sentence, interval = words
    places = [place for each in values.values() if (place := place_of(each))]
    rows = f"{case.folder}{evidence_href(places[0])}" if places else None
    return Finding(value, sentence, f"{case.folder}{href}", interval, rows)


def _range(
    part: Mapping[str, Any],
    write: Callable[[Any], str],
    estimate: str,
    low: str = "low",
    high: str = "high",
) -> dict[str, str]:
    """An estimate and its interval in words, under the names of a sentence's fields."""
    return {estimate: write(part["estimate"]), low: write(part["lower"]), high: write(part["upper"])}


def _estimate(found: Any, *path: str | None) -> Mapping[str, Any] | None:
    """A part of the findings that has an estimate; None where it could not be estimated."""
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) and found.get("estimate") is not None else None


def _build(context: Context) -> Files:
    written: dict[str, str] = {}
    leads = []
    listed = {link.href for menu in context.site.navigation if isinstance(menu, Menu) for link in menu.links}
    for place, case in enumerate(context.cases):
        cards = [_card(each, case.folder) for each in pages() if f"{case.folder}{each.address}" in listed]
        figure, found = "", findings(case, N_OF_OTHERS if place else None)
        if not place:
            drawing, address = _figure(case), FIGURE
            figure, written[address] = with_download(drawing.html, address), drawing.svg
        leads.append(Lead(case.title, figure, found, cards))
    shared = [_card(each) for each in pages() if each.menu is not None and not each.of_case]
    several = len(context.cases) > 1
    compared = [card for card in shared if card.href == COMPARISON and several]
    html = index_page(
        context.site,
        leads,
        [card for card in shared if card not in compared],
        compared=compared,
        standfirst=_standfirst(context),
        evidence=[findings_of(case, case.folder) for case in context.cases],
        provenance=context.provenance,
    )
    return {PAGE.address: html, **written}


def _standfirst(context: Context) -> str:
    """What was recorded, of which states, and from when to when."""
    acts = pl.concat([between(context.table("acts"), case.pair) for case in context.cases])
    days = acts["act_date"].sort().to_list()
    kinds = acts.unique("act_id")["domain_type"].value_counts().sort("domain_type")
    return say(
        STANDFIRST,
        acts=Prose(_listed([f"{number(n)} {domain.replace('_', ' ')}s" for domain, n in kinds.iter_rows()])),
        pairs=_pairs([case.title for case in context.cases]),
        first=str(days[0])[:4],
        last=f"{days[-1]:%B %Y}",
    ).text


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _pairs(titles: Sequence[str]) -> str:
    """Titles in a row. Most hold an *and* of their own, so the last one is set off by a comma."""
    return titles[0] if len(titles) == 1 else f"{', '.join(titles[:-1])}, and {titles[-1]}"


def _card(described: Page, folder: str = "") -> Card:
    return Card(described.title, f"{folder}{described.address}", described.description)


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
    """The picture that stands where there is no figure: why there is none. The pipeline expects its file."""
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
