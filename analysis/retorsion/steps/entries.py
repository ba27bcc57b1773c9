"""A source's entry in params.yaml and the small tables beside its file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import typer
import yaml

from retorsion import project
from retorsion.errors import RetorsionError
from retorsion.sources.readers import Reader
from retorsion.sources.sidecar import SIDECAR
from retorsion.tables.builders import NUMBERED_LIST, builder_options

#: Section of ``sources`` in params.yaml that each kind of source belongs to. Events have one of their own.
SECTIONS = {"list": "lists", "flows": "flows", "interventions": "measures"}


def new_params(
    source: str, reading: Reader, *, fetched: bool, options: Mapping[str, Any]
) -> tuple[str, list[str]]:
    """Text of params.yaml with a source more, and the lines that are new, for whoever edits by hand."""
    text = (project.ROOT / "params.yaml").read_text(encoding="utf-8")
    lines = []
    if (section := SECTIONS.get(reading.kind)) is not None:
        value = yaml.safe_dump(dict(options), default_flow_style=True, sort_keys=False, width=10_000).strip()
        text = with_entry(text, section, source, value)
        lines = [f"  {section}:", f"    {source}: {value}"]
    elif reading.kind == "rates":
        lines = [f"  rates: {source}"]
    if fetched:
        text = with_fetched(text, source)
        lines.append(f"  fetched: [..., {source}]")
    return text, lines


def say_params(lines: Sequence[str], head: str) -> None:
    """Show what params.yaml needs to say of a source."""
    if not lines:
        typer.echo("No parameter names it: its rows are for notebooks, through retorsion.sources.readers.")
        return
    typer.echo(head)
    for line in lines:
        typer.echo(line)


def with_entry(text: str, section: str, source: str, value: str) -> str:
    """Text of params.yaml with one source more in a section of ``sources``; comments stay.

    Raises:
        RetorsionError: there is no such section, or the source is in it already.
    """
    loaded = yaml.safe_load(text)["sources"].get(section)
    if source in (loaded or {}):
        raise RetorsionError(f"params.yaml, sources.{section}: has {source} already")
    entry = f"\n    {source}: {value}"
    head = re.compile(rf"^(  {section}:)(?:[ \t]*\{{\}})?([ \t]*#[^\n]*|[ \t]*)$", re.MULTILINE)
    text, n = head.subn(lambda m: f"{m[1]}{m[2]}{entry}", text, count=1)
    if n != 1 or source not in yaml.safe_load(text)["sources"][section]:
        raise RetorsionError(f"params.yaml: cannot put {source} under sources.{section}. Write it by hand")
    return text


def with_events(text: str, source: str, lines: Sequence[str]) -> str:
    """Text of params.yaml with one source of machine-coded events more; comments stay.

    Args:
        text: of the file.
        source: name of the source.
        lines: what its section ``events`` is to say, indented.

    Raises:
        RetorsionError: the source is in it already, or the section is not written as a block.
    """
    before = yaml.safe_load(text).get("events")
    if source in (before or {}):
        raise RetorsionError(f"params.yaml, events: has {source} already")
    entry = "".join(f"{line}\n" for line in lines)
    text = text if text.endswith("\n") else text + "\n"
    head = re.compile(r"^events:[ \t]*(#[^\n]*)?\n", re.MULTILINE)
    text, n = head.subn(lambda m: m[0] + entry, text, count=1)
    if n == 0:
        text += ("\n" if before is None else "") + f"events:\n{entry}"
    loaded = yaml.safe_load(text).get("events") or {}
    if set(loaded) != {*(before or {}), source}:
        raise RetorsionError(f"params.yaml: cannot put {source} under events. Write it by hand")
    return text


def with_fetched(text: str, source: str) -> str:
    """Text of params.yaml with one source more among those that are fetched.

    Raises:
        RetorsionError: there is no list of them on one line.
    """
    if source in yaml.safe_load(text)["sources"]["fetched"]:
        return text
    line = re.compile(r"^(  fetched: \[)([^\]\n]*)\]", re.MULTILINE)
    text, n = line.subn(lambda m: f"{m[1]}{m[2]}{', ' if m[2].strip() else ''}{source}]", text, count=1)
    if n != 1:
        raise RetorsionError(f"params.yaml: cannot put {source} into sources.fetched. Write it by hand")
    return text


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
