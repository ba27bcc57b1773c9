"""Command ``lab``: JupyterLab on the project's notebooks."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from typing import Annotated

import typer

from retorsion import project
from retorsion.errors import RetorsionError

#: What opens first.
START = "/lab/tree/notebooks/00_start.py"


def run(
    options: Annotated[
        list[str] | None, typer.Argument(help="Options for JupyterLab, after --, such as -- --allow-root.")
    ] = None,
) -> None:
    """Open the notebooks in JupyterLab. Options of JupyterLab come after two hyphens."""
    project.require_project()
    if find_spec("jupyterlab") is None:
        raise RetorsionError(
            "JupyterLab is not installed: run `pip install 'retorsion[lab]'`, or use `make lab`"
        )
    command = [sys.executable, "-m", "jupyterlab", f"--LabApp.default_url={START}", *(options or [])]
    # what the user adds goes to JupyterLab, which keeps its token
    raise typer.Exit(subprocess.run(command, cwd=project.ROOT, check=False).returncode)  # noqa: S603
