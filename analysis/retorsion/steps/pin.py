"""Command ``pin``: write the hashes of an edited recorded source into its sidecar."""

from __future__ import annotations

from typing import Annotated

import typer

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.files import write_whole
from retorsion.sources.sidecar import SIDECAR, pinned
from retorsion.steps.raw import sidecar_of


def run(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """After editing a recorded source: write the new hashes and sizes of its files into its sidecar."""
    sidecar, path = sidecar_of(source), project.RAW / source / SIDECAR
    if sidecar.kind != "recorded":
        raise RetorsionError(
            f"{source} is fetched: its hash comes from its producer, not from the file in data/raw. "
            f"`retorsion refresh {source}` looks for a newer one"
        )
    before = path.read_text(encoding="utf-8")
    after = pinned(before, sidecar, project.RAW / source)
    if after != before:
        write_whole(path, after.encode())
    typer.echo(f"data/raw/{source}/{SIDECAR}: " + ("pinned." if after != before else "nothing to change."))
