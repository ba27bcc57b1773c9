"""The files of the ledger, column by column, for whoever adds to the record."""

from __future__ import annotations

from retorsion.reports.site import DATA, Context, Files, Page
from retorsion.reports.text import markdown_page
from retorsion.tables.ledger_reference import reference


def _build(context: Context) -> Files:
    return {PAGE.address: markdown_page(context.site, PAGE, reference(), provenance=context.provenance)}


PAGE = Page(
    address="ledger.html",
    title="Adding to the record",
    description="The ledger's files, column by column, for whoever adds acts.",
    menu=DATA,
    order=5,
    build=_build,
)
