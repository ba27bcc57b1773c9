"""The pages that are not notebooks: front page, data dictionary, sources, tables, methods.

Each function is pure: frames and text in, the whole page's HTML out. :func:`retorsion.reports.page.check_page`
and :func:`~retorsion.reports.page.check_links` say whether the pages stand alone and fit together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from markupsafe import Markup, escape

from retorsion.reports.html import addresses, file_size, table
from retorsion.reports.markdown import Headings, markdown
from retorsion.reports.page import Provenance, Site, page, render
from retorsion.tables.fields import fields, tables

#: Columns of the sources page in order; all but title and producer appear below each source's heading.
_SOURCE_FACTS = (
    "description",
    "processing",
    "coverage",
    "update_cadence",
    "date_published",
    "date_accessed",
    "citation",
    "licence_name",
    "url",
    "url_download",
    "reader",
)

#: What stands for the licence of a source whose producer states none.
NO_TERMS = "none stated"


@dataclass(frozen=True)
class Finding:
    """One finding of the front page.

    Attributes:
        value: the number, as the reader sees it; Markdown, as are the next two.
        sentence: what it says, a sentence.
        interval: its uncertainty or what it is counted from, in a few words.
        href: where it is shown in full.
        link: words of that link.
        rows_href: where the rows behind the number are.
    """

    value: str
    sentence: str
    href: str
    interval: str | None = None
    link: str = "How we know"
    rows_href: str | None = None


@dataclass(frozen=True)
class Card:
    """A page the front page leads to, with what a reader finds there."""

    title: str
    href: str
    text: str


@dataclass(frozen=True)
class Download:
    """One table as a page and as files.

    Attributes:
        table: name in the field dictionary.
        rows: number of rows.
        files: size in bytes by address of each file, relative to the site; the page is ``tables/NAME.html``.
        note: what a reader should know about it.
    """

    table: str
    rows: int
    files: Mapping[str, int]
    note: str = ""


def index(
    site: Site,
    *,
    question: str,
    standfirst: str,
    figure: str,
    findings: Sequence[Finding],
    cards: Sequence[Card],
    provenance: Provenance | None = None,
    href: str = "index.html",
) -> str:
    """The front page: the question, the finding in one figure, the findings in a sentence each, where to go.

    Args:
        site: what all pages have in common.
        question: the question the project answers, which is the heading.
        standfirst: two or three sentences of Markdown below it.
        figure: HTML of the headline figure (:func:`retorsion.figures.svg.show` gives it).
        findings: in order of weight.
        cards: the pages to go on to.
        provenance: for the footer.
        href: the page's own address.
    """
    headings = Headings()
    body = render(
        "index.html.j2",
        question=question,
        standfirst=Markup(_inline(standfirst)),
        figure=Markup(figure),
        findings=[
            (
                finding,
                *(
                    Markup(_inline(part or ""))
                    for part in (finding.value, finding.sentence, finding.interval)
                ),
            )
            for finding in findings
        ],
        cards=cards,
    )
    return page(
        site,
        href=href,
        title=site.name,
        body=body,
        headings=headings,
        provenance=provenance,
        description=question,
    )


def dictionary(
    site: Site, *, introduction: str, provenance: Provenance | None = None, href: str = "dictionary.html"
) -> str:
    """The data dictionary: every table of the field dictionary, what a row is, and every column.

    Args:
        site: what all pages have in common.
        introduction: Markdown; begins with the heading.
        provenance: for the footer.
        href: the page's own address.

    Returns:
        HTML in which a table's anchor is its name and a column's is ``table.column``.
    """
    headings = Headings()
    opening = Markup(markdown(introduction, headings))
    described = [
        (headings.add(2, name, wanted_id=name), spec, [fields()[column] for column in spec.columns])
        for name, spec in sorted(tables().items())
    ]
    return page(
        site,
        href=href,
        title="Data dictionary",
        body=render("dictionary.html.j2", introduction=opening, tables=described),
        headings=headings,
        provenance=provenance,
        description="Every table and every column, with type, unit and allowed values.",
    )


def evidence(
    site: Site,
    pages: Sequence[Card],
    *,
    introduction: str,
    provenance: Provenance | None = None,
    href: str = "evidence.html",
) -> str:
    """Where the evidence begins: its pages, one for each file of findings.

    Args:
        site: what all pages have in common.
        pages: the pages of evidence; their texts are Markdown.
        introduction: Markdown; begins with the heading.
        provenance: for the footer.
        href: the page's own address.
    """
    headings = Headings()
    opening = markdown(introduction, headings)
    lines = "".join(
        Markup('<li><a href="{}">{}</a><p>{}</p></li>').format(
            card.href, card.title, Markup(_inline(card.text))
        )
        for card in pages
    )
    return page(
        site,
        href=href,
        title="Evidence",
        body=f'{opening}<ul class="cards">{lines}</ul>',
        headings=headings,
        provenance=provenance,
        description="Every number of the findings and the rows behind it.",
    )


def sources(
    site: Site,
    frame: pl.DataFrame,
    *,
    introduction: str,
    provenance: Provenance | None = None,
    href: str = "sources.html",
) -> str:
    """The sources page: what each producer publishes, what was done to it, and on which terms it may be used.

    Args:
        site: what all pages have in common.
        frame: the table ``sources``.
        introduction: Markdown; begins with the heading.
        provenance: for the footer.
        href: the page's own address.

    Returns:
        HTML in which a source's anchor is its ``source_id``.
    """
    headings = Headings()
    opening = Markup(markdown(introduction, headings))
    ordered = frame.sort("source_id").with_columns(pl.col("licence_name").fill_null(NO_TERMS))
    overview = table(
        ordered,
        caption="All sources",
        columns=["title", "producer", "licence_name", "n_bytes"],
        formats={"n_bytes": file_size},
        labels={"n_bytes": fields()["n_bytes"].label},
        row_links="#{source_id}",
        interactive=False,
    )
    described = [
        (
            headings.add(2, str(row["title"]), wanted_id=str(row["source_id"])),
            row,
            [(fields()[name].label, _source_value(name, row)) for name in _SOURCE_FACTS if row[name]],
        )
        for row in ordered.iter_rows(named=True)
    ]
    return page(
        site,
        href=href,
        title="Sources",
        body=render(
            "sources.html.j2", introduction=opening, overview=Markup(overview.html), sources=described
        ),
        headings=headings,
        provenance=provenance,
        description="Where every row comes from, what was done to it, and on which terms it may be used.",
    )


def table_page(
    site: Site,
    download: Download,
    shown: pl.DataFrame,
    *,
    columns: pl.DataFrame,
    link: Callable[[Any], str | None],
    provenance: Provenance | None = None,
) -> str:
    """One table to read: sortable, searchable, each row leading to what it names and where it was read.

    Args:
        site: what all pages have in common.
        download: the table and its files.
        shown: its rows, or the first of them where they are too many for a page.
        columns: what each column holds (:func:`column_summary`).
        link: the address, relative to the site, that a value leads to; None for other values.
        provenance: for the footer.

    Returns:
        HTML of ``tables/NAME.html``, in which a row's anchor is its key where that is one column.
    """
    spec, headings = tables()[download.table], Headings()

    def outwards(value: Any) -> str | None:
        href = link(value)
        return href if href is None or href.startswith(("https://", "http://")) else f"../{href}"

    strings = [
        name
        for name, dtype in shown.schema.items()
        if dtype == pl.String and not name.startswith("source_url")
    ]
    rows = table(
        shown,
        caption=f"{download.table}: {download.rows:,} rows",
        links=dict.fromkeys(strings, outwards),
        row_ids=f"{{{spec.key[0]}}}" if len(spec.key) == 1 else None,
        interactive=True,
    )
    return page(
        site,
        href="tables.html",  # which the navigation marks
        title=f"Table {download.table}",
        body=render(
            "table.html.j2",
            download=download,
            table=spec,
            n_shown=len(shown),
            columns_heading=headings.add(2, "Columns"),
            columns=Markup(
                table(
                    columns,
                    caption=f"What the columns of {download.table} hold",
                    row_links=f"../dictionary.html#{download.table}.{{column}}",
                    interactive=False,
                ).html
            ),
            rows_heading=headings.add(2, "Rows"),
            rows=Markup(rows.html),
        ),
        headings=headings,
        wide=True,
        root="../",
        provenance=provenance,
        description=f"One row is {spec.row}.",
    )


def column_summary(frame: pl.LazyFrame, table: str) -> pl.DataFrame:
    """What each column of a table holds: how many values are missing or differ, the least and the greatest.

    Args:
        frame: the table.
        table: its name in the field dictionary.

    Returns:
        Columns column, meaning, unit, n_missing, n_distinct, least, greatest; one row per column.
    """
    every = pl.all()
    counts = [
        frame.select(each).collect(engine="streaming").row(0)
        for each in (every.null_count(), every.n_unique(), every.min(), every.max())
    ]
    return pl.DataFrame(
        [
            {
                "column": name,
                "meaning": fields()[name].description,
                "unit": fields()[name].unit,
                "n_missing": missing,
                "n_distinct": distinct - (missing > 0),
                "least": _shortened(least),
                "greatest": _shortened(greatest),
            }
            for name, missing, distinct, least, greatest in zip(tables()[table].columns, *counts, strict=True)
        ],
        schema_overrides={"unit": pl.String, "least": pl.String, "greatest": pl.String},
    )


def _shortened(value: object) -> str | None:
    if value is None or isinstance(value, float | int):
        return None if value is None else f"{value:,}" if not isinstance(value, bool) else str(value).lower()
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def downloads(
    site: Site,
    files: Sequence[Download],
    quarantine: pl.DataFrame,
    *,
    introduction: str,
    dictionary_href: str = "dictionary.html",
    package_href: str | None = "tables/datapackage.json",
    provenance: Provenance | None = None,
    href: str = "tables.html",
    max_quarantine_rows: int = 200,
) -> str:
    """The tables page: every table as files to take away, and the rows that could not be accepted.

    Args:
        site: what all pages have in common.
        files: the tables offered.
        quarantine: the table ``quarantine``, all its parts together.
        introduction: Markdown; begins with the heading.
        dictionary_href: address of the data dictionary.
        package_href: address of the Data Package descriptor; None where there is none.
        provenance: for the footer.
        href: the page's own address.
        max_quarantine_rows: rows of the quarantine shown on the page.
    """
    headings = Headings()
    opening = Markup(markdown(introduction, headings))
    counts = quarantine.group_by("source_id", "reason").len("rows")
    counts = counts.sort("rows", "source_id", "reason", descending=[True, False, False])
    body = render(
        "tables.html.j2",
        introduction=opening,
        files_heading=headings.add(2, "Downloads"),
        files=[(download, tables()[download.table]) for download in files],
        package_href=package_href,
        dictionary_href=dictionary_href,
        quarantine_heading=headings.add(2, "Quarantined rows"),
        n_quarantined=len(quarantine),
        quarantine_counts=Markup(table(counts, caption="Rows by source and reason", interactive=False).html),
        quarantine_rows=Markup(table(quarantine, caption="The rows", max_rows=max_quarantine_rows).html),
    )
    return page(
        site,
        href=href,
        title="Tables",
        body=body,
        headings=headings,
        wide=True,
        provenance=provenance,
        description="Every table as CSV and Parquet, and the rows that could not be accepted.",
    )


def methods(
    site: Site, text: str, *, provenance: Provenance | None = None, href: str = "methods.html"
) -> str:
    """The methods page; see :func:`prose`."""
    return prose(
        site,
        text,
        title="Methods",
        description="How acts are recorded and scored, and how every estimate is made.",
        provenance=provenance,
        href=href,
    )


def prose(
    site: Site, text: str, *, title: str, description: str, href: str, provenance: Provenance | None = None
) -> str:
    """A page of words.

    Args:
        site: what all pages have in common.
        text: Markdown with TeX formulas; begins with the heading.
        title: of the page.
        description: one sentence for search engines and previews.
        href: the page's own address.
        provenance: for the footer.
    """
    headings = Headings()
    return page(
        site,
        href=href,
        title=title,
        body=markdown(text, headings),
        headings=headings,
        provenance=provenance,
        description=description,
    )


def _inline(text: str) -> str:
    return markdown(text).strip().removeprefix("<p>").removesuffix("</p>")


def _source_value(name: str, row: Mapping[str, object]) -> Markup:
    words = str(row[name])
    if name == "licence_name" and row["licence_url"]:
        return Markup('<a href="{}">{}</a>').format(row["licence_url"], words)
    if name in {"url", "url_download"}:
        return Markup(addresses(words))
    return Markup(escape(words))
