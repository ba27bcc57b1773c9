"""Command ``look``: what a file is and what is in it, without adding it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from retorsion.sources.limits import as_lines, checked, raised
from retorsion.steps.new_source import parameters_of
from retorsion.steps.showing import show_rows
from retorsion.tables.look import Look, look

#: Rows of the quarantine that the terminal shows; JSON has them all.
_SHOWN = 10


def _show_limits(asked: bool) -> None:
    if asked:
        typer.echo("\n".join(as_lines()))
        typer.echo(
            'A limit is raised with --option "limits={rows: 50000000}", or with limits in the sidecar of a source.'
        )
        raise typer.Exit


def run(
    file: Annotated[Path, typer.Argument(help="The file, as its producer publishes it.")],
    reader: Annotated[str | None, typer.Option(help="Reader, where the format is not recognised.")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="A parameter of the source, name=value; may be given again.")
    ] = None,
    limits: Annotated[
        bool,
        typer.Option(
            "--limits", callback=_show_limits, is_eager=True, help="List what a file may hold at most."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object.")] = False,
) -> None:
    """Look into a file of any known format: what was accepted, what was not and why, and the first rows.

    Nothing is written. The exit code is 0 also where rows are quarantined, and 1 where the file is refused.
    """
    given = parameters_of(option or [])
    with raised(checked(given.pop("limits", {}), "--option")):
        found = look(file, reader, given)
    if as_json:
        typer.echo(json.dumps(found.as_json(), indent=1))
    else:
        _show(found)


def _show(found: Look) -> None:
    typer.echo(f"Read as {found.reader}: {found.what}.")
    typer.echo(f"{found.accepted:,} rows accepted, {len(found.quarantined):,} quarantined.")
    for row in found.quarantined[:_SHOWN]:
        typer.echo(f"  quarantined: {_sentence(row)}")
    if len(found.quarantined) > _SHOWN:
        typer.echo(f"  quarantined: and {len(found.quarantined) - _SHOWN:,} rows more (--json shows all)")
    for kind, names in found.unknown.items():
        for name, n_rows in names.items():
            typer.echo(f"  unknown {kind}: {name!r} in {n_rows:,} rows")
    for note in found.notes:
        typer.echo(f"  note: {note}")
    if found.rows:
        typer.echo("The first rows, as they would enter the tables:")
        show_rows(pl.DataFrame(list(found.rows), infer_schema_length=None))


def _sentence(row: dict[str, Any]) -> str:
    value = "" if row["value"] is None else f", value {row['value']!r}"
    return f"row {row['row']}, column {row['column']!r}{value}: {row['reason']}. {row['remedy']}"
