"""Step ``fetch``: download the pinned artifact of a source."""

from __future__ import annotations

from typing import Annotated

import typer

from retorsion import project
from retorsion.sources.transfer.fetch import fetch
from retorsion.steps.raw import sidecar_of


def run(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """Download the pinned artifact of a source, unless the file at hand already is it."""
    fetch(sidecar_of(source), project.RAW / source / "files")
