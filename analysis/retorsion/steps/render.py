"""Step ``render``: notebooks in, pages and figures out."""

from __future__ import annotations

import shutil
from typing import Annotated

import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.files import beside, replace_folder
from retorsion.project import (
    NOTEBOOKS,
    REPORTS,
    ROOT,
    case,
    input_hashes,
    write_text,
)
from retorsion.reports.cards import findings_of
from retorsion.reports.notebook import Rendered, render_notebooks
from retorsion.reports.site import made_from, pages
from retorsion.steps.site import case_of, compared, shown_of, site_of_project


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
    base = f"{asked.name}/" if about else ""
    rendered = render_notebooks(
        [NOTEBOOKS / f"{name}.py" for name in notebook or known],
        root=ROOT,
        site=site_of_project(),
        folder=base,
        case=asked.name,
        provenance=made_from(
            input_hashes(asked.name), shown_of(asked), f"retorsion render {about or ''}".rstrip()
        ),
        findings=[
            findings_of(case_of(asked), "" if about else f"{asked.name}/"),
            *([] if about else [findings_of(compared(), "")]),
        ],
        code_open={page.address.removesuffix(".html") for page in pages() if page.code_open},
        done=lambda name: typer.echo(f"ran {name}", err=True),
    )
    for name, made in rendered.items():
        _write(base, name, made)


def _notebooks(*, of_case: bool) -> list[str]:
    """Notebooks that have a page, the longest first, so that two processes end at about the same time."""
    named = {
        page.address.removesuffix(".html")
        for page in pages()
        if page.build is None and page.of_case == of_case
    }
    paths = [path for path in NOTEBOOKS.glob("*.py") if path.stem in named]
    return [path.stem for path in sorted(paths, key=lambda path: (-path.stat().st_size, path.stem))]


def _write(base: str, name: str, made: Rendered) -> None:
    """Write a page, and put its figures in the place of those that are there."""
    write_text(REPORTS / f"{base}{name}.html", made.html)
    folder = REPORTS / base / "figures" / name
    new = beside(folder)
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)  # also for a notebook without figures: the pipeline expects it
    for address, svg in made.figures.items():
        write_text(new / address.rpartition("/")[2], svg)
    replace_folder(folder, new)
