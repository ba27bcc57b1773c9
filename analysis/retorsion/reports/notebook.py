"""A notebook in, one page out: the text is run in memory, and nothing of the run stays but its results.

Two runs give the same bytes: cells are numbered in order, no time is recorded, and the kernel gets a
fixed environment of its own.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from html import escape
from itertools import count as count_from
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from markupsafe import Markup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import PythonLexer  # type: ignore[import-untyped]
from traitlets.config import Config

from retorsion.errors import RetorsionError
from retorsion.reports.cards import Findings, cards
from retorsion.reports.html import REPORTS, with_download
from retorsion.reports.markdown import Headings, markdown
from retorsion.reports.page import Provenance, Site, check_page, page, render

log = logging.getLogger(__name__)

#: Kinds of output a page can hold, the best first.
KINDS = ("text/html", "image/svg+xml", "text/markdown", "image/png", "image/jpeg", "text/plain")

#: Variables of a user's set-up that would change what a kernel does.
_PERSONAL = re.compile(r"JUPYTER|IPYTHON|PYTHON(STARTUP|WARNINGS|OPTIMIZE)|MPL|MATPLOTLIB|COLUMNS|LINES")
#: The whole first code cell of a notebook about a case.
_CASE = re.compile(r"""case_name = (["'])[a-z0-9-]+\1""")
#: A link to a page of the site, as notebooks write it.
_LINK = re.compile(rf"(\]\(|href=\"){re.escape(REPORTS)}([^)\"]*)")
#: Addresses of the pages and files that each case has.
_OF_CASE = re.compile(r"evidence|acts\.html|0[1-4]_|figures/|findings/|#")
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


class _OneKernel(KernelSpecManager):
    """Knows this interpreter's kernel and no other, whatever kernels the machine has registered."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
        )


class _OwnKernelManager(AsyncKernelManager):
    def _kernel_spec_manager_default(self) -> KernelSpecManager:
        return _OneKernel(data_dir=self.data_dir)


def render_notebook(
    source: Path,
    *,
    root: Path,
    site: Site,
    provenance: Provenance | None = None,
    folder: str = "",
    case: str | None = None,
    timeout_s: int = 600,
    figures: MutableMapping[str, str] | None = None,
    findings: Findings | None = None,
) -> str:
    """Run a notebook and give its page.

    Args:
        source: a notebook in jupytext's percent format.
        root: the project's folder, in which the notebook runs.
        site: name and navigation.
        provenance: for the footer.
        folder: of the page in the site, for the page of a case: the case's name and a slash.
        case: name of the case that it is about; put in the place of the literal in the first code cell.
        timeout_s: seconds one cell may take.
        figures: receives the SVG text of every figure by its address in the site; each gets a link.
        findings: what the page's numbers lead to, for their cards.

    Returns:
        Self-contained HTML, byte for byte the same for the same notebook, data and environment.

    Raises:
        RetorsionError: a cell failed (names notebook, cell and error), or the page would not stand alone.
    """
    notebook = read_notebook(source)
    if case is not None:
        _set_case(notebook, case)
    run_notebook(notebook, name=source.name, root=root, timeout_s=timeout_s)
    if figures is not None:
        figures.update(_take_figures(notebook, f"figures/{source.stem}"))
    headings = Headings()
    to_site = partial(_to_site, folder=folder, case=case)
    blocks = list(_blocks(notebook, headings, to_site, name=source.name))
    body = render("notebook.html.j2", blocks=blocks)
    html = page(
        site,
        href=f"{folder}{source.stem}.html",
        title=next((found.text for found in headings.found if found.level == 1), source.stem),
        body=body,
        headings=headings,
        provenance=provenance,
        data={"cards-data": cards(body, findings)} if findings else None,
    )
    check_page(html, name=source.name, root=root)
    return html


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


def run_notebook(notebook: NotebookNode, *, name: str, root: Path, timeout_s: int = 600) -> None:
    """Execute all cells in a fresh kernel and put their outputs into ``notebook``.

    The kernel talks over sockets in a folder of its own, so several notebooks can run at once.

    Raises:
        RetorsionError: a cell failed, took too long, or ended the kernel.
    """
    at_work: list[int] = [0]

    def note(cell: NotebookNode, cell_index: int) -> None:
        at_work[0] = cell_index + 1

    with tempfile.TemporaryDirectory(prefix="retorsion-") as folder:
        client = NotebookClient(
            notebook,
            timeout=timeout_s,
            kernel_name="python3",
            kernel_manager_class=_OwnKernelManager,
            resources={"metadata": {"path": str(root)}},
            record_timing=False,
            on_cell_start=note,
            config=Config({"AsyncKernelManager": _connection(Path(folder))}),
        )
        try:
            client.execute(env=_environment(os.environ, Path(folder)))
        except CellExecutionError as error:
            last = _ANSI.sub("", f"{error.ename}: {error.evalue}").strip()
            line = last.splitlines()[0] if error.ename in last.splitlines()[0] else last
            raise RetorsionError(
                f"{name}, cell {at_work[0]} ({_first_line(notebook, at_work[0])}): {line}. "
                "Open the notebook with `make lab` and run it up to there"
            ) from None
        except CellTimeoutError:
            raise RetorsionError(
                f"{name}, cell {at_work[0]}: still running after {timeout_s} s. "
                "Move the work to a stage of the pipeline"
            ) from None
        except DeadKernelError:
            raise RetorsionError(
                f"{name}, cell {at_work[0]}: the kernel ended. Free memory, or read less into it"
            ) from None


def _connection(folder: Path) -> dict[str, object]:
    """Sockets in a private folder, where there are such, not ports that two processes could both pick."""
    file = {"connection_file": str(folder / "kernel.json")}
    return {**file, "transport": "ipc", "ip": str(folder / "kernel")} if os.name == "posix" else dict(file)


def _environment(outer: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The kernel's environment: the outer one without personal settings, and with everything fixed."""
    kept = {name: value for name, value in outer.items() if not _PERSONAL.match(name)}
    own = {
        name: str(folder / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    }
    return {
        **kept,
        **own,
        "JUPYTER_RUNTIME_DIR": str(folder),
        "JUPYTER_NO_CONFIG": "1",
        "PYTHONHASHSEED": "0",
        "MPLBACKEND": "Agg",
        "TZ": "UTC",
        "NO_COLOR": "1",
    }


def _first_line(notebook: NotebookNode, number: int) -> str:
    lines = notebook.cells[number - 1].source.strip().splitlines() or [""]
    return repr(lines[0][:60])


def _blocks(notebook: NotebookNode, headings: Headings, to_site: ToSite, *, name: str) -> Iterator[Block]:
    """Prose and results in order; code without a result is folded with the next code that has one."""
    waiting = Block()
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "markdown":
            if waiting.code:
                yield waiting
            waiting = Block()
            yield Block(prose=Markup(markdown(to_site(cell.source), headings)))
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
        html = _stable_style_ids(content)
        bare = "<table" in html and 'class="scroll' not in html
        return f'<div class="scroll">{html}</div>' if bare else html
    if kind == "text/markdown":
        return markdown(content, headings)
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
