"""The tables: every one as files to download, and the rows that could not be accepted."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl
from markupsafe import Markup

from retorsion.reports.datapackage import Resource, datapackage
from retorsion.reports.html import is_formula_like, table
from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, page, render
from retorsion.reports.site import DATA, Context, Files, Page
from retorsion.tables.fields import tables

#: Formats in which each table is offered, where they differ from the usual ones: CSV only where it is small.
FORMATS: Mapping[str, tuple[str, ...]] = dict.fromkeys(
    ("exchange_rates", "import_duties", "tariff_changes", "tariff_rates", "trade_flows"), ("parquet",)
)
USUAL_FORMATS = ("csv", "parquet")

#: What a reader should know about the offer of a table.
NOTES: Mapping[str, str] = {
    "trade_flows": "The files hold the monthly statistics alone; the trade of all pairs is built from its own source."
}

#: Tables that the site offers, in the order of the page.
OFFERED = (
    "acts",
    "sanctions",
    "trade_measures",
    "trade_measure_products",
    "tariff_rates",
    "tariff_changes",
    "import_duties",
    "diplomatic_actions",
    "replies",
    "context_events",
    "coverage",
    "published_totals",
    "trade_flows",
    "exchange_rates",
    "sources",
    "quarantine",
)

PACKAGE = "tables/datapackage.json"


@dataclass(frozen=True)
class Download:
    """One table as a page and as files.

    Attributes:
        table: name in the field dictionary.
        rows: number of rows.
        files: size in bytes by address of each file, relative to the site; the page is ``tables/NAME.html``.
        note: what a reader should know about it.
        is_formula_like: whether a spreadsheet may take a cell of the CSV file for a formula.
    """

    table: str
    rows: int
    files: Mapping[str, int]
    note: str = ""
    is_formula_like: bool = False


def tables_page(
    site: Site,
    downloads: Sequence[Download],
    quarantine: pl.DataFrame,
    *,
    provenance: Provenance | None = None,
    max_quarantine_rows: int = 200,
) -> str:
    """Every table as files to download, and the rows that could not be accepted.

    Args:
        site: what all pages have in common.
        downloads: the tables offered.
        quarantine: the table ``quarantine``, all its parts together.
        provenance: for the footer.
        max_quarantine_rows: rows of the quarantine shown on the page.
    """
    headings = Headings()
    counts = quarantine.group_by("source_id", "reason").len("rows")
    counts = counts.sort("rows", "source_id", "reason", descending=[True, False, False])
    body = render(
        "tables.html.j2",
        title=PAGE.title,
        files_heading=headings.add(2, "Downloads"),
        files=[(download, tables()[download.table]) for download in downloads],
        package_href=PACKAGE,
        quarantine_heading=headings.add(2, "Quarantined rows"),
        n_quarantined=len(quarantine),
        quarantine_counts=Markup(table(counts, caption="Rows by source and reason", interactive=False).html),
        quarantine_rows=Markup(table(quarantine, caption="The rows", max_rows=max_quarantine_rows).html),
    )
    return page(
        site,
        href=PAGE.address,
        title=PAGE.title,
        body=body,
        headings=headings,
        wide=True,
        provenance=provenance,
        description=PAGE.description,
    )


def table_files(context: Context) -> dict[str, bytes]:
    """The files of every table offered, by address."""
    return {
        f"tables/{name}.{form}": _written(context.table(name), form)
        for name in OFFERED
        if name in context.tables
        for form in FORMATS.get(name, USUAL_FORMATS)
    }


def downloads_of(context: Context, files: Mapping[str, bytes]) -> list[Download]:
    """The tables offered, with the sizes of their files."""
    return [
        Download(
            name,
            context.tables[name].frame.select(pl.len()).collect().item(),
            {
                address: len(content)
                for address, content in files.items()
                if address.startswith(f"tables/{name}.")
            },
            NOTES.get(name, ""),
            f"tables/{name}.csv" in files and is_formula_like(context.table(name)),
        )
        for name in OFFERED
        if name in context.tables
    ]


def _build(context: Context) -> Files:
    files = table_files(context)
    resources = [
        Resource(
            table=name,
            path=address.removeprefix("tables/"),
            n_bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            sources=context.tables[name].sources,
        )
        for address, content in files.items()
        for name in [address.removeprefix("tables/").partition(".")[0]]
    ]
    package = datapackage(
        resources,
        name=context.site.name.lower(),
        title=context.site.name,
        description=context.site.description,
        version=context.version,
        sources=context.table("sources").to_dicts(),
    )
    html = tables_page(
        context.site,
        downloads_of(context, files),
        context.table("quarantine"),
        provenance=context.provenance,
    )
    return {
        PAGE.address: html,
        PACKAGE: json.dumps(package, indent=1, ensure_ascii=False) + "\n",
        **files,
    }


def _written(frame: pl.DataFrame, form: str) -> bytes:
    buffer = io.BytesIO()
    if form == "csv":
        frame.write_csv(buffer)
    else:
        frame.rechunk().write_parquet(buffer)
    return buffer.getvalue()


PAGE = Page(
    address="tables.html",
    title="Tables",
    description="Every table to view and download, and the rows that could not be accepted.",
    menu=DATA,
    order=1,
    build=_build,
)
