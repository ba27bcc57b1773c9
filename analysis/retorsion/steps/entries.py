"""A source's entry in params.yaml and the small tables beside its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import typer
import yaml

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.sources.readers import Reader
from retorsion.sources.sidecar import SIDECAR
from retorsion.sources.yaml_edit import Place, edited
from retorsion.sources.yaml_text import parse_mapping
from retorsion.tables.builders import NUMBERED_LIST, builder_options

#: Section of ``sources`` in params.yaml that each kind of source belongs to. Events have one of their own.
SECTIONS = {"list": "lists", "flows": "flows", "interventions": "measures"}


def new_params(
    source: str, reading: Reader, *, fetched: bool, options: Mapping[str, Any]
) -> tuple[str, list[str]]:
    """Text of params.yaml with a source more, and what is new in it, for whoever edits by hand.

    Raises:
        RetorsionError: the source is in its section already, or the file cannot be edited.
    """
    text = project.PARAMS.read_text(encoding="utf-8")
    known = parse_mapping(text, project.PARAMS.name, RetorsionError)["sources"]
    new: dict[Place, Any] = {}
    lines = []
    if (section := SECTIONS.get(reading.kind)) is not None:
        if source in (known.get(section) or {}):
            raise RetorsionError(f"params.yaml, sources.{section}: has {source} already")
        new["sources", section, source] = dict(options)
        lines = [f"  {section}:", f"    {source}: {on_one_line(options)}"]
    elif reading.kind == "rates":
        new["sources", "rates"] = source
        lines = [f"  rates: {source}"]
    if fetched and source not in (before := known.get("fetched") or []):
        new["sources", "fetched", len(before)] = source
        lines.append(f"  fetched: [..., {source}]")
    return edited(text, new, project.PARAMS.name), lines


def new_events(source: str, entry: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Text of params.yaml with a source of machine-coded events more, and what is new in it.

    Raises:
        RetorsionError: the source is in the section already, or the file cannot be edited.
    """
    text = project.PARAMS.read_text(encoding="utf-8")
    if source in (parse_mapping(text, project.PARAMS.name, RetorsionError).get("events") or {}):
        raise RetorsionError(f"params.yaml, events: has {source} already")
    lines = ["events:", f"  {source}: {on_one_line(entry)}"]
    return edited(text, {("events", source): dict(entry)}, project.PARAMS.name), lines


def on_one_line(value: Mapping[str, Any]) -> str:
    """A mapping as YAML writes it on one line."""
    return yaml.safe_dump(dict(value), default_flow_style=True, sort_keys=False, width=10_000).strip()


def say_params(lines: Sequence[str], head: str) -> None:
    """Show what params.yaml needs to say of a source."""
    if not lines:
        typer.echo("No parameter names it: its rows are for notebooks, through retorsion.sources.readers.")
        return
    typer.echo(head)
    for line in lines:
        typer.echo(line)


def needed_options(source: str, reading: Reader) -> dict[str, Any]:
    """Parameters that a source cannot do without, each to be filled in."""
    section = SECTIONS.get(reading.kind)
    if section is None:
        return {}
    known = builder_options(section, reading.name, f"data/raw/{source}/{SIDECAR}")
    needed: dict[str, Any] = {name: "..." for name, is_needed in known.items() if is_needed}
    return needed | ({"others": "leave_out"} if "others" in known else {})


def reader_options(source: str, reading: Reader) -> dict[str, Any]:
    """Parameters of a source that are its reader's."""
    known = project.parameters().sources
    given = (known.flows | known.lists | known.measures).get(source, {})
    return {name: given[name] for name in reading.options if name in given}


def side_table_name(reading: Reader) -> str:
    """Name of the table beside a file that says what its programmes or types of intervention mean."""
    return "instruments.csv" if reading.kind == "interventions" else "programmes.csv"


def empty_side_table(reading: Reader) -> pl.DataFrame | None:
    """The table beside a file, to be filled in; None where the file needs none."""
    if is_published_list(reading):
        columns = ("programme", "target_code", "addressee_code")
    elif reading.kind == "interventions":
        columns = ("intervention_type", "instrument_type", "flow_type")
    else:
        return None
    return pl.DataFrame(schema=dict.fromkeys(columns, pl.String))


def is_published_list(reading: Reader) -> bool:
    """Whether the rows are subjects of a list as its publisher gives it."""
    return reading.kind == "list" and reading.name != NUMBERED_LIST
