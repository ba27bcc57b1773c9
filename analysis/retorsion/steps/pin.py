"""Command ``pin``: write the hashes of an edited recorded source into its sidecar."""

from __future__ import annotations

from typing import Annotated

import typer

from retorsion.errors import RetorsionError
from retorsion.project import RAW
from retorsion.sources.sidecar import SIDECAR, pinned
from retorsion.steps.raw import sidecar_of


def run(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """After editing a recorded source: write the new hashes and sizes of its files into its sidecar."""
    path, sidecar = RAW / source / SIDECAR, sidecar_of(source)
    if sidecar.kind != "recorded":
        raise RetorsionError(
            f"{source} is fetched: its hash comes from its producer, not from the file at hand"
        )
    before = path.read_text(encoding="utf-8")
    after = pinned(before, sidecar, RAW / source)
    path.write_bytes(after.encode())
    typer.echo(f"data/raw/{source}/{SIDECAR}: " + ("pinned." if after != before else "nothing to change."))
