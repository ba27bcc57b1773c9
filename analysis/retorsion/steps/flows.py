"""Step ``flows``: ``trade_flows``, a part for each source of trade statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import polars as pl
import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import RAW, keep_parts, parameters, save_quarantine, save_table
from retorsion.sources.rows import messages
from retorsion.sources.text.recorded import read_complete
from retorsion.steps.raw import read_raw, show_quarantine, sidecar_of
from retorsion.steps.reading import read_files
from retorsion.steps.workers import workers
from retorsion.tables.builders import build_flows


def run(
    source: Annotated[
        str | None,
        typer.Argument(help="Folder of a source in data/raw; all that params.yaml names by default."),
    ] = None,
) -> None:
    """Build trade_flows from the sources of trade statistics."""
    asked = parameters().sources.flows
    if source is not None:
        _show(source, *_build(source, _options(source, asked)))
        return
    keep_parts("trade_flows", asked)
    with workers(__name__) as executor:
        for name, found in zip(asked, executor.map(_build, asked, asked.values()), strict=True):
            _show(name, *found)


def _build(source: str, options: Mapping[str, Any]) -> tuple[list[str], pl.DataFrame]:
    """Build the part of one source, and give its notes and the rows that could not be accepted."""
    read = read_files(source, options)
    refused = [one for rows in read for one in messages(rows.rejected.head(1))]
    if refused and not any(len(rows.accepted) for rows in read):
        raise RetorsionError(f"{source}: no row can be accepted. The first: {refused[0]}")
    has_reporting = (RAW / source / "reporting.csv").exists()
    frame = build_flows(
        sidecar_of(source).reader,
        [rows.accepted for rows in read],
        source_id=source,
        options=options,
        reporting=read_raw(source, read_complete, "reporting", file="reporting.csv")
        if has_reporting
        else None,
    )
    save_table("trade_flows", frame, part=source)
    notes = list(dict.fromkeys(note for rows in read for note in rows.notes))
    return notes, save_quarantine(f"trade_flows/{source}", [rows.rejected for rows in read])


def _show(source: str, notes: list[str], rejected: pl.DataFrame) -> None:
    for note in notes:
        typer.echo(f"{source}: {note}", err=True)
    show_quarantine(rejected)


def _options(source: str, known: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    if source not in known:
        raise RetorsionError(
            f"{source!r} is not in sources.flows of params.yaml.{did_you_mean(source, known)} "
            f"It has: {', '.join(known) or 'nothing'}"
        )
    return known[source]
