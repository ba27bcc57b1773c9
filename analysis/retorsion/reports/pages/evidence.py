"""The evidence: every value of the findings under an address of its own, and the rows behind it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import polars as pl
from markupsafe import Markup

from retorsion.findings import NOT_ESTIMABLE, place_of
from retorsion.reports.analyses import ANALYSES, Analysis, analyses, home_of, names_behind
from retorsion.reports.html import (
    OVERALL,
    anchor_of,
    evidence_page_of,
    is_formula_like,
    listed,
)
from retorsion.reports.markdown import Headings, as_text, inline, markdown
from retorsion.reports.page import Menu, Provenance, Site, page, render, way_up
from retorsion.reports.pages.explorer import between
from retorsion.reports.quantities import about, file_title, title_of
from retorsion.reports.site import CASE, Case, Context, Files, Page, each_case, read_rows
from retorsion.reports.values import Link, rows_html, values_html
from retorsion.tables.about_pair import events_about

#: What a page says at its top that holds nothing but a reason.
_NO_NUMBER = "There is no number on this for the case."


def evidence_pages(
    site: Site,
    name: str,
    found: Mapping[str, Any],
    frames: Mapping[str, pl.DataFrame],
    *,
    link: Link,
    inputs: Mapping[str, str],
    case: str = "",
    folder: str = "",
    sides: Mapping[str, str] | None = None,
    provenance: Provenance | None = None,
    max_rows: int = 250,
) -> dict[str, str]:
    """All values of the findings of one analysis, each with an anchor, and the rows they were computed from.

    Args:
        site: what all pages have in common.
        name: of the analysis.
        found: its values, each knowing its place (:func:`retorsion.findings.cite`).
        frames: rows by name of their file in ``data/findings``, without ``.csv``.
        link: the address a value leads to, such as an act's, seen from the pages.
        inputs: address of what describes each table the findings were computed from, seen from the pages, by the
            words for the table.
        case: what the case is called, for the titles; nothing for the comparison of all.
        folder: of the case, relative to the site's: ``""`` or a name that ends in a slash.
        sides: names of the sides of the case, for the names of values.
        provenance: for the footer.
        max_rows: rows shown of each file; all of them are in the file.

    Returns:
        HTML by address relative to the folder of the case: a page for each finding, and one for what the analysis
        says besides. The anchor of a value is its place in the findings, and that of rows their file's name.
    """
    homes = {each: home_of(each, found) for each in frames}
    parts: dict[str, list[str]] = {evidence_page_of(name, None): []}
    for key in found:
        if key != "inputs" and place_of(found[key]) is not None:
            parts.setdefault(evidence_page_of(name, key), []).append(key)
    made = {}
    for address, keys in parts.items():
        own = address != evidence_page_of(name, None)
        without = own and _is_without_number(found[keys[0]])
        title = f"Evidence: {title_of(name, keys[0])}" if own else ANALYSES[name].title
        title += f" ({case})" if case else ""
        shown = {each: frames[each] for each, home in homes.items() if home == address}
        headings = Headings()
        made[address] = page(
            site,
            href=f"{folder}{address}",
            marks=f"{folder}{OVERVIEW.address}" if ANALYSES[name].of_case else "06_comparison.html",
            title=title,
            body=render(
                "evidence.html.j2",
                introduction=Markup(
                    markdown(
                        f"# {as_text(title)}\n\n"
                        + (_NO_NUMBER if without else _shown_on(ANALYSES[name], site, folder, "../")),
                        headings,
                    )
                ),
                inputs={} if without else inputs,
                name=name,
                about=about(f"{name}.{keys[0]}") if own and not without else None,
                parts=list(_sections(name, {key: found[key] for key in keys}, homes, headings, link, sides)),
                others=[] if own else [(one, title_of(name, key)) for one, key in _findings(name, found)],
                **_shown_files(shown, headings, link, max_rows),
            ),
            headings=headings,
            wide=True,
            provenance=provenance,
            description=f"Every number of {title.lower()} with its interval, sample and method, and its rows.",
        )
    return made


def _shown_on(analysis: Analysis, site: Site, folder: str, way: str = "") -> str:
    """Which of the pages that its case asks for show an analysis, as Markdown."""
    labels = {
        link.href: link.title for menu in site.navigation if isinstance(menu, Menu) for link in menu.links
    }
    links = [f"[{labels[folder + one]}]({way}{one})" for one in analysis.pages if folder + one in labels]
    return f"These values appear on the page{'s' * (len(links) > 1)} {listed(links)}." if links else ""


def _sections(
    name: str,
    found: Mapping[str, Any],
    homes: Mapping[str, str],
    headings: Headings,
    link: Link,
    sides: Mapping[str, str] | None,
) -> Iterator[tuple[Any, list[tuple[str, str, str]], Markup]]:
    """Heading, files with the pages that show them, and values of some parts of the findings."""
    for key in sorted(found, key=lambda key: key != "headlines"):
        place = f"{name}.{key}"
        behind = [(each, file_title(each), homes[each]) for each in names_behind(ANALYSES[name], key, homes)]
        heading = headings.add(
            2, title_of(name, key) if len(found) > 1 else "Values", wanted_id=anchor_of(place)
        )
        yield heading, behind, Markup(values_html(found[key], place, link, sides))


def _shown_files(
    frames: Mapping[str, pl.DataFrame], headings: Headings, link: Link, max_rows: int
) -> dict[str, Any]:
    """What the template shows of files: a heading for all, and of each heading, name, number of rows and rows.

    Files that hold nothing but the reason why there is no number are named apart.
    """
    full = {each: frame for each, frame in frames.items() if frame.columns != [NOT_ESTIMABLE]}
    return {
        "rows_heading": headings.add(2, "Data files", wanted_id="rows") if frames else None,
        "files": [
            (
                headings.add(3, file_title(each), wanted_id=each),
                each,
                len(frame),
                Markup(rows_html(each, frame, link, max_rows)),
                is_formula_like(frame),
            )
            for each, frame in full.items()
        ],
        "empty": [(each, file_title(each)) for each in frames if each not in full],
    }


def _is_without_number(part: Any) -> bool:
    """Whether a finding is nothing but the reason why there is none."""
    return isinstance(part, Mapping) and set(part) == {NOT_ESTIMABLE}


def _findings(name: str, found: Iterable[str]) -> list[tuple[str, str]]:
    """Address, seen from a page of evidence, and key of each finding that has a page of its own."""
    pages = [(evidence_page_of(name, key), key) for key in found if key not in OVERALL | {"inputs"}]
    return [(address.removeprefix("evidence/"), key) for address, key in pages]


def overview_page(
    site: Site,
    found: Mapping[str, Mapping[str, Any]],
    *,
    folder: str = "",
    provenance: Provenance | None = None,
) -> str:
    """Where the evidence of a case begins: one page for each finding.

    Args:
        site: what all pages have in common.
        found: the findings, by analysis; those without a number are listed apart.
        folder: of the case, relative to the site's: ``""`` or a name that ends in a slash.
        provenance: for the footer.
    """
    return page(
        site,
        href=f"{folder}{OVERVIEW.address}",
        title=OVERVIEW.title,
        body=render(
            "evidence_overview.html.j2",
            title=OVERVIEW.title,
            analyses=[
                (
                    evidence_page_of(name, None),
                    each.title,
                    Markup(inline(_shown_on(each, site, folder))),
                    *_parted(name, found[name]),
                )
                for name, each in analyses().items()
                if name in found
            ],
        ),
        provenance=provenance,
        description=OVERVIEW.description,
    )


def _parted(name: str, found: Mapping[str, Any]) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Address and title of each finding that has numbers, and of each that has none."""
    parts: tuple[list[tuple[str, str]], list[tuple[str, str]]] = ([], [])
    for one, key in _findings(name, found):
        parts[_is_without_number(found[key])].append((f"evidence/{one}", title_of(name, key)))
    return parts


def row_links(sources: Iterable[str], places: Mapping[str, str], *, root: str = "") -> Link:
    """Addresses of what rows name: acts and events on the page of acts, sources, pages of others.

    Args:
        sources: ids on the page of sources.
        places: address of each act and event, relative to the site's folder.
        root: way from the page's folder to the site's.
    """
    known = {each: f"sources.html#{_fragment(each)}" for each in sources} | dict(places)

    def link(value: Any) -> str | None:
        if not isinstance(value, str):
            return None
        if value in known:
            return f"{root}{known[value]}"
        return value if value.startswith(("https://", "http://")) and " " not in value else None

    return link


def places_of_acts(context: Context, own: Case | None = None) -> dict[str, str]:
    """Address of each act and event that a page of acts shows, by its id.

    Args:
        context: the cases and tables.
        own: the case whose page is preferred where several show the act; the first by default.
    """
    places: dict[str, str] = {}
    for case in (*((own,) if own else ()), *context.cases):
        shown = between(context.table("acts"), case.pair)["act_id"]
        events = events_about(context.table("context_events"), case.pair, case.context)["event_id"]
        for each in (*shown, *events):
            places.setdefault(each, f"{case.folder}acts.html#{_fragment(each)}")
    return places


def _fragment(value: str) -> str:
    return quote(value, safe=":-._~")


def _build(context: Context, case: Case) -> Files:
    """The evidence of one case: where it begins, and the pages of its analyses."""
    overview = overview_page(context.site, case.findings, folder=case.folder, provenance=context.provenance)
    return {OVERVIEW.address: overview} | _pages_of(context, case, analyses(), places_of_acts(context, case))


def _build_compared(context: Context) -> Files:
    """The evidence of the comparison of all cases, where there is one."""
    if context.comparison is None:
        return {}
    return _pages_of(context, context.comparison, analyses(of_case=False), places_of_acts(context))


def _pages_of(
    context: Context, case: Case, chosen: Mapping[str, Analysis], places: Mapping[str, str]
) -> dict[str, str]:
    """Pages and files of some analyses, by address relative to the folder of the case."""
    root = way_up(f"{case.folder}evidence/")
    totals = {
        each: f"tables/published_totals.html#?{urlencode({'total_id': each})}" for each in _totals(context)
    }
    link = row_links(context.table("sources")["source_id"], {**places, **totals}, root=root)
    titles = dict(context.table("sources").select("source_id", "title").iter_rows())
    written: dict[str, str] = {}
    for name, analysis in chosen.items():
        rows = {
            file.removesuffix(".csv"): text
            for file, text in case.files.items()
            if file.endswith(".csv") and file.startswith(analysis.rows)
        }
        files = {f"{name}.json": case.files[f"{name}.json"], **{f"{each}.csv": rows[each] for each in rows}}
        written |= {f"findings/{file}": text for file, text in files.items()}
        written |= evidence_pages(
            context.site,
            name,
            case.findings[name],
            {each: read_rows(text) for each, text in rows.items()},
            link=link,
            inputs={
                _table_words(table, titles): f"{root}dictionary.html#{table.partition('.')[0]}"
                for table in case.findings[name]["inputs"]
            },
            case=case.title if analysis.of_case else "",
            folder=case.folder,
            sides=case.sides,
            provenance=context.provenance,
        )
    return written


def _table_words(table: str, titles: Mapping[str, str]) -> str:
    """A table, or its part of one source, as a reader knows it."""
    name, _, source = table.partition(".")
    words = name.replace("_", " ")
    return f"{words} ({titles.get(source, source.replace('_', ' '))})" if source else words


def _totals(context: Context) -> list[str]:
    """Ids of the published totals, where the site offers their table."""
    return (
        context.table("published_totals")["total_id"].to_list()
        if "published_totals" in context.tables
        else []
    )


OVERVIEW = Page(
    address="evidence.html",
    title="Evidence",
    description="Every number in the findings, with its interval, sample, method and data.",
    menu=CASE,
    order=6,
    build=each_case(_build),
)
PAGE = (
    OVERVIEW,
    Page(
        address="evidence/cases.html",
        title=ANALYSES["cases"].title,
        description="Every number of the comparison, with its interval, sample, method and data.",
        order=1,
        build=_build_compared,
    ),
)
