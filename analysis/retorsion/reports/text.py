"""Pages of text: a Markdown file beside the pages in, a page out."""

from __future__ import annotations

from importlib.resources import files

from retorsion.reports.markdown import Headings, markdown
from retorsion.reports.page import Provenance, Site, page
from retorsion.reports.site import Page


def text_page(site: Site, described: Page, file: str, *, provenance: Provenance | None = None) -> str:
    """A page of words.

    Args:
        site: what all pages have in common.
        described: the page's address, title and description.
        file: a Markdown file in ``reports/pages``, with TeX formulas; it begins with the heading.
        provenance: for the footer.
    """
    text = files("retorsion.reports.pages").joinpath(file).read_text(encoding="utf-8")
    return markdown_page(site, described, text, provenance=provenance)


def markdown_page(site: Site, described: Page, text: str, *, provenance: Provenance | None = None) -> str:
    """A page of words that are given as Markdown. Arguments as :func:`text_page`."""
    headings = Headings()
    return page(
        site,
        href=described.address,
        title=described.title,
        body=markdown(text, headings),
        headings=headings,
        provenance=provenance,
        description=described.description,
    )
