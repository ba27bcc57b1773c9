"""Step ``render``: notebooks in, pages and figures out."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import NOTEBOOKS, REPORTS, ROOT, case, input_hashes, replace_folder, write_text
from retorsion.reports.notebook import render_notebook
from retorsion.reports.site import made_from, pages
from retorsion.steps.site import shown_of, site_of_project


def run(
    notebook: Annotated[str, typer.Argument(help="Name in notebooks/, without .py.")],
    about: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="Name of a file of data/cases.")
    ] = None,
) -> None:
    """Run a notebook on a case and write its page and its figures."""
    known = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    if notebook not in known:
        raise RetorsionError(
            f"there is no notebook {notebook!r}.{did_you_mean(notebook, known)} "
            f"Give a name of notebooks/ without .py: {', '.join(known)}"
        )
    asked = case(about)
    of_case = any(page.address == f"{notebook}.html" and page.of_case for page in pages())
    base = f"{asked.name}/" if of_case else ""
    figures: dict[str, str] = {}
    command = f"retorsion render {notebook}" + (f" {asked.name}" if of_case else "")
    html = render_notebook(
        NOTEBOOKS / f"{notebook}.py",
        root=ROOT,
        site=site_of_project(),
        folder=base,
        case=asked.name,
        provenance=made_from(input_hashes(asked.name), shown_of(asked), command),
        figures=figures,
    )
    write_text(REPORTS / f"{base}{notebook}.html", html)
    folder = REPORTS / base / "figures" / notebook
    new = folder.with_name(f".{notebook}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)  # also for a notebook without figures: the pipeline expects it
    for address, svg in figures.items():
        write_text(new / address.rpartition("/")[2], svg)
    replace_folder(folder, new)
