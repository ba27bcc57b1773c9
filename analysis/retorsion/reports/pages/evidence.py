"""The evidence: every value of the findings under an address of its own, and the rows behind it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

import polars as pl
from markupsafe import Markup

from retorsion.findings import place_of
from retorsion.reports.html import (
    MISSING_CELL,
    OVERALL,
    anchor_of,
    evidence_page_of,
    is_formula_like,
    number,
    table,
)
from retorsion.reports.markdown import Headings, inline, markdown
from retorsion.reports.page import Provenance, Site, page, render, way_up
from retorsion.reports.pages.explorer import between
from retorsion.reports.site import CASE, Case, Context, Files, Page, each_case, read_rows
from retorsion.tables.about_pair import events_about


@dataclass(frozen=True)
class Analysis:
    """What is said on the page of evidence of one analysis.

    Attributes:
        title: of the page.
        text: Markdown: which pages show its findings; ``{case}`` is the way to the folder of the case.
        name: of the analysis in the title of the page of a finding.
        behind: names of the rows that a part uses besides those of its own name.
        rows: how the names of its rows begin.
        of_case: whether each case has it, or all cases together.
    """

    title: str
    text: str
    name: str
    behind: Mapping[str, Sequence[str]]
    rows: str
    of_case: bool = True


ANALYSES: Mapping[str, Analysis] = {
    "escalation": Analysis(
        title="Evidence on escalation",
        text="These values appear on the page [Escalation]({case}02_escalation.html).",
        name="escalation",
        behind={
            "record": ["escalation_acts"],
            "intensity": [
                "escalation_acts",
                "escalation_intensity",
                "escalation_intensity_with_provocations",
                "escalation_balance",
            ],
            "answers": ["escalation_answers", "escalation_lags", "escalation_links"],
            "kinds": ["escalation_kinds", "escalation_following"],
            "replies": [
                "escalation_links",
                "escalation_answer_rates",
                "escalation_waiting",
                "escalation_candidates",
                "escalation_subjects",
            ],
            "excitation": ["escalation_acts", "escalation_branching", "escalation_models"],
            "regimes": ["escalation_acts", "escalation_regimes", "escalation_changes"],
            "headlines": [
                "escalation_acts",
                "escalation_links",
                "escalation_branching",
                "escalation_regimes",
                "escalation_coordination",
            ],
        },
        rows="escalation_",
    ),
    "impact": Analysis(
        title="Evidence on trade",
        text="These values appear on the pages [Trade impact]({case}03_trade_impact.html), "
        "[Where trade went]({case}04_diversion.html) and [Tariffs]({case}05_tariffs.html).",
        name="trade",
        behind={
            "area_goods": [
                "impact_area_goods_estimators",
                "impact_area_goods_by_measure",
                "impact_area_goods_path",
                "impact_area_goods_years",
                "impact_area_goods_relative",
                "impact_area_goods_placebos",
                "impact_area_goods_split",
                "impact_area_goods_dates",
                "impact_monthly_groups",
            ],
            "diversion": [
                "impact_diversion",
                "impact_diversion_choices",
                "impact_destinations",
                "impact_destination_shares",
                "impact_concentration",
                "impact_vanished",
                "impact_buyers",
            ],
            "records": ["impact_records", "impact_record_rows"],
            "rerouting": ["impact_rerouting", "impact_rerouting_hubs", "impact_rerouting_months"],
            "replacement": ["impact_replacement", "impact_supplier_shares"],
            "tariffs": [
                "impact_tariffs_specifications",
                "impact_tariffs_steps",
                "impact_tariffs_sections",
                "impact_tariffs_shares",
                "impact_tariffs_replaced",
                "impact_tariffs_control",
                "impact_tariffs_paid",
                "impact_tariffs_averages",
                "impact_tariffs_published",
                "impact_tariffs_lines",
            ],
        },
        rows="impact_",
    ),
    "checks": Analysis(
        title="Evidence on the data checks",
        text="These values appear on the page [Data checks]({case}01_sources_and_tables.html).",
        name="data checks",
        behind={"counts": ["published_counts"], "figures": ["published_figures"]},
        rows="published_",
    ),
    "cases": Analysis(
        title="Evidence on the comparison",
        text="These values appear on the page [The cases compared]({case}06_comparison.html).",
        name="the comparison",
        behind={
            "chains": ["cases_chains", "cases_chain_steps"],
            "first_moves": ["cases_chains"],
            "pooled": [
                "cases_pooled",
                "cases_answer_rates",
                "cases_lags",
                "cases_in_kind",
                "cases_proportions",
                "cases_proportion_pairs",
            ],
        },
        rows="cases_",
        of_case=False,
    ),
}


def analyses(*, of_case: bool = True) -> dict[str, Analysis]:
    """The analyses that each case has, or those of all cases together."""
    return {name: each for name, each in ANALYSES.items() if each.of_case == of_case}


#: Columns of the values that come first, in this order; all others follow as the findings have them.
_FIRST = ("finding", "label", "estimate", "lower", "upper", "level", "standard_error", "p_value", "unit", "n")
_LAST = ("sample", "method", "estimator", "citation", "caveat", "statement")

#: Keys whose numbers are years and are written as such.
_YEAR = re.compile(r"(^|_)years?$")

#: Gives the address a value of the findings leads to, such as that of an act; None for other values.
Link = Callable[[Any], str | None]


def evidence_pages(
    site: Site,
    name: str,
    found: Mapping[str, Any],
    frames: Mapping[str, pl.DataFrame],
    *,
    link: Link,
    inputs: Mapping[str, str],
    folder: str = "",
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
        inputs: address of what describes each table the findings were computed from, seen from the pages.
        folder: of the case, relative to the site's: ``""`` or a name that ends in a slash.
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
        title = (
            f"{words_of(keys[0]).capitalize()}: evidence on {ANALYSES[name].name}"
            if own
            else ANALYSES[name].title
        )
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
                    markdown(f"# {title}\n\n{ANALYSES[name].text.format(case='../')}", headings)
                ),
                inputs=inputs,
                name=name,
                parts=list(_sections(name, {key: found[key] for key in keys}, homes, headings, link)),
                others=[] if own else [(one, words_of(key)) for one, key in _findings(name, found)],
                **_shown_files(shown, headings, link, max_rows),
            ),
            headings=headings,
            wide=True,
            provenance=provenance,
            description=f"Every number of {title.lower()} with its interval, sample and method, and its rows.",
        )
    return made


def _sections(
    name: str, found: Mapping[str, Any], homes: Mapping[str, str], headings: Headings, link: Link
) -> Iterator[tuple[Any, list[tuple[str, str]], Markup]]:
    """Heading, files with the pages that show them, and values of some parts of the findings."""
    for key in sorted(found, key=lambda key: key != "headlines"):
        place = f"{name}.{key}"
        behind = [(each, homes[each]) for each in names_behind(ANALYSES[name], key, homes)]
        heading = headings.add(2, words_of(key).capitalize(), wanted_id=anchor_of(place))
        yield heading, behind, Markup(_values(found[key], place, link))


def _shown_files(
    frames: Mapping[str, pl.DataFrame], headings: Headings, link: Link, max_rows: int
) -> dict[str, Any]:
    """What the template shows of files: a heading for all, and heading, number of rows and rows of each."""
    return {
        "rows_heading": headings.add(2, "Data files", wanted_id="rows") if frames else None,
        "files": [
            (
                headings.add(3, each, wanted_id=each),
                len(frame),
                Markup(_rows(each, frame, link, max_rows)),
                is_formula_like(frame),
            )
            for each, frame in frames.items()
        ],
    }


def _findings(name: str, found: Iterable[str]) -> list[tuple[str, str]]:
    """Address, seen from a page of evidence, and key of each finding that has a page of its own."""
    pages = [(evidence_page_of(name, key), key) for key in found if key not in OVERALL | {"inputs"}]
    return [(address.removeprefix("evidence/"), key) for address, key in pages]


def home_of(rows: str, parts: Iterable[str]) -> str:
    """Address of the page that shows the rows of a file, relative to the folder of the case.

    Args:
        rows: the file in ``data/findings``, without ``.csv``.
        parts: of the findings of the analysis it belongs to.
    """
    name = evidence_of(rows)
    analysis = ANALYSES[name]
    known = [part for part in parts if part not in OVERALL]
    own = [part for part in known if f"{rows}_".startswith(f"{analysis.rows}{part}_")]
    listed = [part for part in analysis.behind if part in known and rows in analysis.behind[part]]
    return evidence_page_of(name, next(iter([*sorted(own, key=len, reverse=True), *listed]), None))


def overview_page(
    site: Site, found: Mapping[str, Iterable[str]], *, folder: str = "", provenance: Provenance | None = None
) -> str:
    """Where the evidence of a case begins: one page for each finding.

    Args:
        site: what all pages have in common.
        found: parts of the findings, by analysis.
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
                    Markup(inline(each.text.format(case=""))),
                    [(f"evidence/{one}", words_of(key)) for one, key in _findings(name, found[name])],
                )
                for name, each in analyses().items()
                if name in found
            ],
        ),
        provenance=provenance,
        description=OVERVIEW.description,
    )


def evidence_of(rows: str) -> str:
    """Name of the analysis whose page shows the rows of a file; that of the checks by default.

    Args:
        rows: the file in ``data/findings``, without ``.csv``.
    """
    return next((name for name, each in ANALYSES.items() if rows.startswith(each.rows)), "checks")


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


def names_behind(analysis: Analysis, part: str, names: Iterable[str]) -> list[str]:
    """Names of the rows behind a part of the findings, of those that there are.

    A part that :class:`Analysis` does not name has the rows whose names begin with its own.
    """
    chosen = analysis.behind.get(part)
    begin = f"{analysis.rows}{part}"
    return [
        each
        for each in names
        if (each in chosen if chosen is not None else each == begin or each.startswith(f"{begin}_"))
    ]


def in_words(place: str) -> str:
    """A place in the findings in words: its keys with points between them, places in lists counted from one."""
    words = " · ".join(
        str(int(step) + 1) if step.isdigit() else words_of(step) for step in place.split(".") if step
    )
    return re.sub(r"\brows · (?=\d)", "row ", words)


def _values(part: Any, place: str, link: Link) -> str:
    """Records of the same columns side by side in one table; single ones as a list of facts."""
    shapes: dict[tuple[str, ...], list[tuple[str, Any]]] = {}
    for path, record in _records(part, place):
        shapes.setdefault(tuple(_plain(record)), []).append((path, record))
    return "\n".join(
        _facts(*records[0], place, link) if len(records) == 1 else _table(records, place, link)
        for records in shapes.values()
    )


def _records(value: Any, place: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping that holds values of its own, from the outside in."""
    if isinstance(value, Mapping):
        if _plain(value):
            yield place, value
        for key, inner in value.items():
            yield from _records(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for count, inner in enumerate(value):
            yield from _records(inner, f"{place}.{count}")


def _plain(record: Mapping[str, Any]) -> list[str]:
    """Keys of a record that hold a value and no further record, in the order they are shown."""
    keys = [key for key, value in record.items() if not _is_nested(value)]
    first = [key for key in _FIRST if key in keys]
    last = [key for key in _LAST if key in keys]
    return [*first, *(key for key in keys if key not in _FIRST and key not in _LAST), *last]


def _is_nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value)
    )


def _facts(path: str, record: Mapping[str, Any], place: str, link: Link) -> str:
    """One record as a list of its values."""
    anchor = "" if path == place else f' id="{escape(anchor_of(path))}"'
    name = _within(path, place)
    lines = "".join(
        f'<div id="{escape(anchor_of(f"{path}.{key}"))}"><dt>{escape(words_of(key))}</dt>'
        f"<dd>{_cell(key, record[key], link)}</dd></div>"
        for key in _plain(record)
    )
    head = f'<p class="record-name">{escape(name)}</p>' if name else ""
    return f'<div class="record"{anchor}>{head}<dl class="record-facts">{lines}</dl></div>'


def _table(records: Sequence[tuple[str, Mapping[str, Any]]], place: str, link: Link) -> str:
    """Records of the same columns as the rows of a table; each cell has its place as anchor.

    Long words that are the same in all rows stand once, below.
    """
    keys = _plain(records[0][1])
    shared = [key for key in keys if _is_shared([record[key] for _, record in records])]
    columns = [key for key in keys if key not in shared]
    named = [_within(path, place) for path, _ in records]
    heads = "".join(
        f'<th scope="col"{_kind([record[key] for _, record in records])}>{escape(words_of(key))}</th>'
        for key in columns
    )
    body = "\n".join(
        f'<tr id="{escape(anchor_of(path))}"><th scope="row" class="place{_short(name)}">{escape(name)}</th>'
        + "".join(
            f'<td id="{escape(anchor_of(f"{path}.{key}"))}"{_kind([record[key]])}>'
            f"{_cell(key, record[key], link if key != 'unit' else _nowhere)}</td>"
            for key in columns
        )
        + "</tr>"
        for name, (path, record) in zip(named, records, strict=True)
    )
    lively = ' class="interactive"' if len(records) > 12 else ""
    tall = " tall" if len(records) > 25 else ""
    caption = escape(f"{words_of(place.rpartition('.')[2])}: {', '.join(map(words_of, columns[:4]))}")
    return (
        f'<div class="table"><div class="scroll{tall}"><table{lively}>'
        f'<caption class="unseen">{caption}</caption>'
        f'<thead><tr><th scope="col">Result</th>{heads}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div></div>"
        + "".join(_once(key, records, link) for key in shared)
    )


def _is_shared(values: Sequence[Any]) -> bool:
    first = values[0]
    return isinstance(first, str) and len(first) > 45 and all(value == first for value in values)


def _once(key: str, records: Sequence[tuple[str, Mapping[str, Any]]], link: Link) -> str:
    """What all rows share, under the address of each."""
    places = "".join(f'<span id="{escape(anchor_of(f"{path}.{key}"))}"></span>' for path, _ in records)
    return (
        f'<p class="same">{places}<b>{escape(words_of(key))}</b> {_cell(key, records[0][1][key], link)}</p>'
    )


def _short(name: str) -> str:
    return " short" if len(name) <= 24 else ""


def _rows(name: str, frame: pl.DataFrame, link: Link, max_rows: int) -> str:
    """The rows of a file, what they name as links."""
    strings = [column for column, dtype in frame.schema.items() if dtype == pl.String]
    return table(
        frame,
        caption=name,
        labels={column: words_of(column) for column in frame.columns},
        links=dict.fromkeys(strings, link),
        max_rows=max_rows,
    ).html


def _cell(key: str, value: Any, link: Link) -> str:
    if isinstance(value, list):
        are_sentences = all(isinstance(inner, str) and inner.endswith(".") for inner in value)
        shown = [_cell(key, inner, link) for inner in value]
        if are_sentences and len(shown) > 1:
            return "".join(f"<p>{each}</p>" for each in shown)
        return ", ".join(shown) or "none"
    if value is None:
        return MISSING_CELL
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and _YEAR.search(key):
        return str(value)
    if isinstance(value, int):
        return escape(number(value, digits=6))
    if isinstance(value, float):
        # findings have six significant digits, so that whole numbers beyond are exact enough
        return escape(f"{value:,.0f}" if abs(value) >= 1e6 else f"{value:,.6g}").replace("-", "−")
    href = link(value)
    return f'<a href="{escape(href)}">{escape(value)}</a>' if href else escape(value)


def _nowhere(_: Any) -> None:
    """Words of a unit may be those of a table; they lead nowhere."""


def _kind(values: Sequence[Any]) -> str:
    shown = [value for value in values if value is not None]
    if shown and all(isinstance(value, float | int) and not isinstance(value, bool) for value in shown):
        return ' class="number"'
    long = any(isinstance(value, str | list) and len(str(value)) > 45 for value in shown)
    return ' class="words"' if long else ""


def _within(path: str, place: str) -> str:
    return in_words(path.removeprefix(place).removeprefix("."))


#: Keys of the findings that a reader would not know.
LABELS: Mapping[str, str] = {
    "n": "number",
    "n_obs": "observations",
    "p_value": "p-value",
    "level": "interval holds",
    "rmspe_before": "misfit before",
    "rmspe_after": "misfit after",
    "rmspe_ratio": "misfit, after over before",
    "hhi": "concentration (HHI)",
}


def words_of(key: str) -> str:
    """A key of the findings in words."""
    if key in LABELS:
        return LABELS[key]
    return key.replace("_", " ").replace("->", " → ")


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
    link = row_links(context.table("sources")["source_id"], places, root=root)
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
                table: f"{root}dictionary.html#{table.partition('.')[0]}"
                for table in case.findings[name]["inputs"]
            },
            folder=case.folder,
            provenance=context.provenance,
        )
    return written


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
