"""How acts are recorded and scored, and how every estimate is made: ``methods.md`` as a page."""

from __future__ import annotations

from retorsion.reports.site import ABOUT, Context, Files, Page
from retorsion.reports.text import text_page


def _build(context: Context) -> Files:
    return {PAGE.address: text_page(context.site, PAGE, "methods.md", provenance=context.provenance)}


PAGE = Page(
    address="methods.html",
    title="Methods",
    description="How acts are recorded and scored, and how every estimate is made.",
    menu=ABOUT,
    order=1,
    build=_build,
)
