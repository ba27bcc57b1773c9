"""Step ``flows``: the part of ``trade_flows`` that comes from one source."""

from __future__ import annotations

from typing import Annotated

import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import RAW, parameters, save_table
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.raw import keep_quarantine, sidecar_of
from retorsion.steps.reading import read_files
from retorsion.tables.builders import build_flows


def run(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """Build the part of trade_flows that comes from one source."""
    reader, options = sidecar_of(source).reader, dict(_options(source))
    read = read_files(source, options)
    beside = RAW / source / "reporting.csv"
    frame = build_flows(
        reader,
        [rows.accepted for rows in read],
        source_id=source,
        options=options,
        reporting=read_complete(beside, "reporting", source_id=source) if beside.exists() else None,
    )
    for note in dict.fromkeys(note for rows in read for note in rows.notes):
        typer.echo(f"{source}: {note}", err=True)
    save_table("trade_flows", frame, part=source)
    keep_quarantine(source, [rows.rejected for rows in read])


def _options(source: str) -> dict[str, object]:
    known = parameters().sources.flows
    if source not in known:
        raise RetorsionError(
            f"{source!r} is not in sources.flows of params.yaml.{did_you_mean(source, known)} "
            f"It has: {', '.join(known) or 'nothing'}"
        )
    return known[source]
