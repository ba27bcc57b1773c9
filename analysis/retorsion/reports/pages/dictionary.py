"""The data dictionary: every table, what a row of it is, and every column."""

from __future__ import annotations

from retorsion.reports.markdown import Headings
from retorsion.reports.page import Provenance, Site, page, render
from retorsion.reports.site import DATA, Context, Files, Page
from retorsion.tables.fields import fields, tables


def dictionary_page(site: Site, *, provenance: Provenance | None = None) -> str:
    """Every table of the field dictionary, what a row is, and every column.

    Args:
        site: what all pages have in common.
        provenance: for the footer.

    Returns:
        HTML in which a table's anchor is its name and a column's is ``table.column``.
    """
    headings = Headings()
    described = [
        (headings.add(2, name, wanted_id=name), spec, [fields()[column] for column in spec.columns])
        for name, spec in sorted(tables().items())
    ]
    return page(
        site,
        href=PAGE.address,
        title=PAGE.title,
        body=render("dictionary.html.j2", title=PAGE.title, tables=described),
        headings=headings,
        provenance=provenance,
        description=PAGE.description,
    )


def _build(context: Context) -> Files:
    return {PAGE.address: dictionary_page(context.site, provenance=context.provenance)}


PAGE = Page(
    address="dictionary.html",
    title="Data dictionary",
    label="Dictionary",
    description="Every table and every column, with type, unit and allowed values.",
    menu=DATA,
    order=2,
    build=_build,
)
