"""A notebook in, one page out: the text is run in memory, and nothing of the run stays but its results.

Two runs give the same bytes: cells are numbered in order, and no time is recorded.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from html import escape
from itertools import count as count_from
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]

from retorsion.errors import RetorsionError
from retorsion.reports.cards import Findings, cards
from retorsion.reports.execution import run_notebooks
from retorsion.reports.html import LAB_STYLE, REPORTS, with_download
from retorsion.reports.markdown import Headings, markdown
from retorsion.reports.notebook_format import NotebookNode
from retorsion.reports.page import Menu, Provenance, Site, check_page, page, render
from retorsion.reports.unanswered import gather_unanswered

log = logging.getLogger(__name__)

#: Kinds of output a page can hold, the best first.
KINDS = ("text/html", "image/svg+xml", "text/markdown", "image/png", "image/jpeg", "text/plain")

#: The whole first code cell of a notebook about a case.
_CASE = re.compile(r"""case_name = (["'])[a-z0-9-]+\1""")
#: A link to a page of the site, as notebooks write it.
_LINK = re.compile(rf"(\]\(|href=\"){re.escape(REPORTS)}([^)\"]*)")
#: Addresses of the pages and files that each case has; those of all cases together are beside the shared pages.
_OF_CASE = re.compile(r"evidence(?!/cases)|acts\.html|0[1-5]_|figures/|findings/(?!cases)|#")
#: The style sheet of a table that pandas has styled: it names cells of that table alone.
_STYLER = re.compile(r'<style type="text/css">(\n(?:#T_[^<]*)?)</style>(?=\n<table id="T_)')
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


ToSite = Callable[[str], str]


@dataclass
class Block:
    """A stretch of the page: prose, or the results of some cells together with their folded code."""

    prose: str = ""
    code: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    first: int = 0
    last: int = 0


@dataclass(frozen=True)
class Rendered:
    """The page of a notebook.

    Attributes:
        html: self-contained.
        figures: SVG text of every figure by its address beside the page.
    """

    html: str
    figures: Mapping[str, str]


def render_notebooks(
    sources: Sequence[Path],
    *,
    root: Path,
    site: Site,
    provenance: Provenance | None = None,
    folder: str = "",
    case: str | None = None,
    timeout_s: int = 600,
    findings: Sequence[Findings] = (),
    code_open: Collection[str] = (),
    done: Callable[[str], None] = lambda name: None,
) -> dict[str, Rendered]:
    """Run notebooks, two at a time, and give their pages by the name of the notebook.

    Args:
        sources: notebooks in jupytext's percent format; the longest first ends soonest.
        root: the project's folder, in which they run.
        site: name and navigation.
        provenance: for the footers.
        folder: of the pages in the site, for those of a case: the case's name and a slash.
        case: name of the case that they are about; put in the place of the literal in the first code cell.
        timeout_s: seconds one cell may take.
        findings: what the pages' numbers lead to, for their cards.
        code_open: names of notebooks whose page shows the code unfolded.
        done: called with the name of each notebook that has run.

    Returns:
        Pages, byte for byte the same for the same notebooks, data and environment.

    Raises:
        RetorsionError: a cell failed (names notebook, cell and error), or a page would not stand alone.
    """
    notebooks = {source.name: read_notebook(source) for source in sources}
    for notebook in notebooks.values():
        if case is not None:
            _set_case(notebook, case)
    rendered: dict[str, Rendered] = {}

    def finish(name: str) -> None:
        done(name)
        rendered[name] = _rendered(
            name,
            notebooks[name],
            site,
            folder,
            case,
            provenance,
            findings,
            name.removesuffix(".py") in code_open,
        )
        check_page(rendered[name].html, name=name, root=root)

    run_notebooks(notebooks, root=root, timeout_s=timeout_s, done=finish)
    return {source.stem: rendered[source.name] for source in sources}


def _rendered(
    name: str,
    notebook: NotebookNode,
    site: Site,
    folder: str,
    case: str | None,
    provenance: Provenance | None,
    findings: Sequence[Findings],
    code_open: bool,
) -> Rendered:
    """The page of a notebook that has run."""
    stem = name.removesuffix(".py")
    gather_unanswered(notebook)
    figures = _take_figures(notebook, f"figures/{stem}")
    headings = Headings()
    blocks = list(_blocks(notebook, headings, partial(_to_site, folder=folder, case=case), name=name))
    body = render("notebook.html.j2", blocks=blocks, code_open=code_open)
    html = page(
        site,
        href=f"{folder}{stem}.html",
        title=_title(headings, site, folder) or stem,
        body=body,
        headings=headings,
        provenance=provenance,
        inner_styles=_STYLER.findall(body),
        data={"cards-data": cards(body, *findings)} if findings else None,
    )
    return Rendered(html, figures)


def _title(headings: Headings, site: Site, folder: str) -> str | None:
    """The first heading, with the name of the case that the page is about."""
    heading = next((found.text for found in headings.found if found.level == 1), None)
    cases = (
        menu.title for menu in site.navigation if isinstance(menu, Menu) and folder and menu.folder == folder
    )
    return heading and ": ".join([heading, *cases])


def read_notebook(source: Path) -> NotebookNode:
    """Read a notebook's text; its cells get their number as id.

    Raises:
        RetorsionError: the file is missing or has no cells.
    """
    import jupytext

    if not source.is_file():
        raise RetorsionError(f"{source}: there is no such notebook. Correct the path")
    notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    if not notebook.cells:
        raise RetorsionError(f"{source.name}: has no cells. Begin each with '# %%' or '# %% [markdown]'")
    notebook.metadata = NotebookNode()
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{number}"
    return notebook


def _set_case(notebook: NotebookNode, case: str) -> None:
    """Put a case in the place of the one that the first code cell names, if it names one."""
    first = next((cell for cell in notebook.cells if cell.cell_type == "code"), None)
    if first is not None and _CASE.fullmatch(first.source.strip()):
        first.source = f'case_name = "{case}"'


def _to_site(text: str, *, folder: str, case: str | None) -> str:
    """Markdown or HTML with its links to pages as the page of a notebook writes them.

    A notebook writes them from its own folder, so that they lead somewhere in JupyterLab too. The pages of a case
    are in the case's folder, below those that all cases share.
    """
    down, up = ("", "../") if folder else (f"{case}/" if case else "", "")

    def link(found: re.Match[str]) -> str:
        begin, address = found.groups()
        is_own = _OF_CASE.match(address) is not None
        way = down if is_own else up
        return f"{begin}{way}{address}"

    return _LINK.sub(link, text)


def _blocks(notebook: NotebookNode, headings: Headings, to_site: ToSite, *, name: str) -> Iterator[Block]:
    """Prose and results in order; code without a result is folded with the next code that has one."""
    waiting = Block()
    for cell in notebook.cells:
        number = cell.id.removeprefix("cell-")
        if cell.cell_type == "markdown":
            if waiting.code:
                yield waiting
            waiting = Block()
            prose = _prose(to_site(cell.source), headings, f"{name}, cell {number}")
            yield Block(prose=Markup(prose))
        elif cell.cell_type == "code" and cell.source.strip():
            waiting.code.append(Markup(_highlighted(cell.source)))
            waiting.first, waiting.last = waiting.first or number, number
            waiting.outputs = [
                Markup(html) for html in _outputs(cell.outputs, headings, to_site, f"{name}, cell {number}")
            ]
            if waiting.outputs:
                yield waiting
                waiting = Block()
    if waiting.code:
        yield waiting


def _prose(text: str, headings: Headings, place: str) -> str:
    try:
        return markdown(text, headings)
    except RetorsionError as error:
        raise RetorsionError(f"{place}: {error}") from None


def _outputs(outputs: Sequence[Any], headings: Headings, to_site: ToSite, place: str) -> Iterator[str]:
    for output in outputs:
        if output.output_type == "stream":
            text = _ANSI.sub("", output.text).strip("\n")
            if output.name == "stderr":
                log.warning("%s: %s", place, text)  # for who builds the page, not for who reads it
            elif text:
                yield f"<pre>{escape(text)}</pre>"
        elif output.output_type in {"display_data", "execute_result"}:
            yield _displayed(output.data, headings, to_site, place)


def _displayed(data: Mapping[str, str], headings: Headings, to_site: ToSite, place: str) -> str:
    kind = next((kind for kind in KINDS if kind in data), None)
    if kind is None:
        raise RetorsionError(f"{place}: shows only {sorted(data)}. Give HTML, SVG, Markdown, PNG or text")
    content = data[kind] if kind.startswith("image/") else to_site(data[kind])
    if kind == "text/html":
        html = _stable_style_ids(content.replace(LAB_STYLE, ""))
        bare = "<table" in html and 'class="scroll' not in html
        return f'<div class="scroll">{html}</div>' if bare else html
    if kind == "text/markdown":
        return _prose(content, headings, place)
    if kind == "image/svg+xml":
        return f'<div class="scroll">{content}</div>'
    if kind.startswith("image/"):
        alt = escape(data.get("text/plain", "figure").strip("<>"))
        return f'<img src="data:{kind};base64,{content.strip()}" alt="{alt}">'
    if content.startswith(("<Figure ", "<Axes")):
        raise RetorsionError(f"{place}: shows {content!r} in words. End the cell with show(figure)")
    return f"<pre>{escape(_ANSI.sub('', content))}</pre>"


def _take_figures(notebook: NotebookNode, folder: str) -> dict[str, str]:
    """Drawings by address; under each figure in the notebook a link to its own is written."""
    taken: dict[str, str] = {}
    for output in (output for cell in notebook.cells for output in cell.get("outputs", ())):
        name = output.get("metadata", {}).get("image/svg+xml", {}).get("name")
        if name is None:
            continue
        numbered = (name if count == 1 else f"{name}_{count}" for count in count_from(1))
        address = next(found for each in numbered if (found := f"{folder}/{each}.svg") not in taken)
        taken[address] = output.data["image/svg+xml"]
        output.data["text/html"] = with_download(output.data["text/html"], address)
    return taken


def _stable_style_ids(html: str) -> str:
    """Replace the random id that pandas gives a styled table by one that follows from the table."""
    found = re.search(r'<table id="(T_\w+)"', html)
    if found is None:
        return html
    digest = sha256(html.replace(found[1], "").encode()).hexdigest()[:8]
    return html.replace(found[1], f"T_{digest}")


def _highlighted(source: str) -> str:
    return str(highlight(source, PythonLexer(), HtmlFormatter(nowrap=True))).rstrip("\n")
