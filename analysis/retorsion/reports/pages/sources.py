"""The sources: what each producer publishes, what was done to it, and on which terms it may be used."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl
from markupsafe import Markup, escape

from retorsion.reports.html import addresses, file_size, table, web_addresses
from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, page, render
from retorsion.reports.site import DATA, Context, Files, Page
from retorsion.reports.typography import short_paragraphs
from retorsion.tables.fields import fields

#: Columns shown below each source's heading, in this order.
_FACTS = (
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

#: Shown as the licence of a source whose producer states none.
NO_TERMS = "none stated"


def sources_page(site: Site, frame: pl.DataFrame, *, provenance: Provenance | None = None) -> str:
    """What each producer publishes, what was done to it, and on which terms it may be used.

    Args:
        site: what all pages have in common.
        frame: the table ``sources``.
        provenance: for the footer.

    Returns:
        HTML in which a source's anchor is its ``source_id``.
    """
    headings = Headings()
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
            [(fields()[name].label, _value(name, row)) for name in _FACTS if row[name]],
        )
        for row in ordered.iter_rows(named=True)
    ]
    return page(
        site,
        href=PAGE.address,
        title=PAGE.title,
        body=render(
            "sources.html.j2",
            title=PAGE.title,
            description=PAGE.description,
            overview=Markup(overview.html),
            sources=described,
        ),
        headings=headings,
        provenance=provenance,
        description=PAGE.description,
    )


def _value(name: str, row: Mapping[str, object]) -> Markup:
    words = str(row[name])
    if name == "licence_name" and (address := web_addresses(str(row["licence_url"] or ""))):
        return Markup('<a href="{}">{}</a>').format(address[0], words)
    if name in {"url", "url_download"}:
        return Markup(addresses(words))
    paragraphs = short_paragraphs(words)
    if len(paragraphs) == 1:
        return Markup(escape(words))
    return Markup("\n").join(Markup("<p>{}</p>").format(each) for each in paragraphs)


def _build(context: Context) -> Files:
    return {PAGE.address: sources_page(context.site, context.table("sources"), provenance=context.provenance)}


PAGE = Page(
    address="sources.html",
    title="Sources",
    description="Where every row comes from, what was done to it, and how it may be used.",
    menu=DATA,
    order=3,
    build=_build,
)
