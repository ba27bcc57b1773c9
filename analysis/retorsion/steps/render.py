"""Step ``render``: notebooks in, pages and figures out."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import NOTEBOOKS, REPORTS, ROOT, case, input_hashes, replace_folder, write_text
from retorsion.reports.execution import run_notebooks
from retorsion.reports.notebook import page_of, read_notebook
from retorsion.reports.site import made_from, pages
from retorsion.steps.site import shown_of, site_of_project


def run(
    about: Annotated[
        str | None,
        typer.Argument(
            metavar="[CASE]", help="Name of a file of data/cases; without it, the notebooks of no case."
        ),
    ] = None,
    notebook: Annotated[
        list[str] | None,
        typer.Option(help="Only this one, a name in notebooks/ without .py; may be given again."),
    ] = None,
) -> None:
    """Run the notebooks of a case, or those of no case, and write their pages and figures."""
    known = _notebooks(of_case=about is not None)
    for name in notebook or []:
        if name not in known:
            raise RetorsionError(
                f"there is no notebook {name!r} {'of a case' if about else 'of no case'}."
                f"{did_you_mean(name, known)} Give a name of notebooks/ without .py: {', '.join(known)}"
            )
    asked = case(about)
    read = {name: read_notebook(NOTEBOOKS / f"{name}.py", case=asked.name) for name in notebook or known}
    run_notebooks(read, root=ROOT, done=lambda name: typer.echo(f"ran {name}", err=True))
    base = f"{asked.name}/" if about else ""
    made = made_from(input_hashes(asked.name), shown_of(asked), f"retorsion render {about or ''}".rstrip())
    for name, run_already in read.items():
        figures: dict[str, str] = {}
        html = page_of(
            run_already,
            name,
            root=ROOT,
            site=site_of_project(),
            folder=base,
            case=asked.name,
            provenance=made,
            figures=figures,
        )
        write_text(REPORTS / f"{base}{name}.html", html)
        _write_figures(REPORTS / base / "figures" / name, figures)


def _notebooks(*, of_case: bool) -> list[str]:
    """Notebooks that have a page, the longest first, so that two processes end at about the same time."""
    named = {
        page.address.removesuffix(".html")
        for page in pages()
        if page.build is None and page.of_case == of_case
    }
    paths = [path for path in NOTEBOOKS.glob("*.py") if path.stem in named]
    return [path.stem for path in sorted(paths, key=lambda path: (-path.stat().st_size, path.stem))]


def _write_figures(folder: Path, figures: Mapping[str, str]) -> None:
    """Write the figures of a notebook in the place of those of the last run."""
    new = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)  # also for a notebook without figures: the pipeline expects it
    for address, svg in figures.items():
        write_text(new / address.rpartition("/")[2], svg)
    replace_folder(folder, new)
