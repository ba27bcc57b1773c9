"""Step ``render``: notebooks in, pages and figures out."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import NOTEBOOKS, REPORTS, ROOT, input_hashes, params, write_text
from retorsion.reports.notebook import render_notebook
from retorsion.reports.pages.front import SITE, provenance


def run(notebook: Annotated[str, typer.Argument(help="Name in notebooks/, without .py.")]) -> None:
    """Run a notebook and write its page and its figures."""
    known = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    if notebook not in known:
        raise RetorsionError(
            f"there is no notebook {notebook!r}.{did_you_mean(notebook, known)} "
            f"Give a name of notebooks/ without .py: {', '.join(known)}"
        )
    shown = {"pair": params("pair"), "window": params("window")}
    figures: dict[str, str] = {}
    html = render_notebook(
        NOTEBOOKS / f"{notebook}.py",
        root=ROOT,
        site=SITE,
        provenance=provenance(input_hashes(), shown, f"retorsion render {notebook}"),
        figures=figures,
    )
    write_text(REPORTS / f"{notebook}.html", html)
    folder = REPORTS / "figures" / notebook
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)  # also for a notebook without figures: the pipeline expects it
    for address, svg in figures.items():
        write_text(REPORTS / address, svg)
