"""How to study another pair of states: ``guide.md`` as a page."""

from __future__ import annotations

from retorsion.reports.site import ABOUT, Context, Files, Page
from retorsion.reports.text import text_page


def _build(context: Context) -> Files:
    return {PAGE.address: text_page(context.site, PAGE, "guide.md", provenance=context.provenance)}


PAGE = Page(
    address="guide.html",
    title="Add a country pair",
    description="How to study another pair of states: sources, a case file, commands.",
    menu=ABOUT,
    order=2,
    build=_build,
)
