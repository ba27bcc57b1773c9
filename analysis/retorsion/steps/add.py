"""Command ``add``: a source of one's own from a file."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
import yaml

from retorsion import project
from retorsion.errors import RetorsionError, SourceError, did_you_mean
from retorsion.events.events import codings
from retorsion.parameters import check
from retorsion.sources.readers import Reader, reader, recognise
from retorsion.sources.rows import Rows
from retorsion.sources.sidecar import SIDECAR, load_catalogue, load_sidecar, sha256_of
from retorsion.sources.states import known_codes
from retorsion.sources.transfer.newest import (
    day_in_name,
)
from retorsion.steps.entries import (
    SECTIONS,
    is_published_list,
    leave_side_table,
    new_params,
    say_params,
    with_events,
)
from retorsion.steps.showing import judged, parse_day, show_first, show_quarantine, summary_line
from retorsion.tables.builders import NUMBERED_LIST, check_options
from retorsion.tables.lists import by_programme


def run(
    file: Annotated[Path, typer.Argument(help="The file, as its producer publishes it.")],
    source: Annotated[
        str, typer.Option("--as", help="Id of the source: the name of its folder in data/raw.")
    ],
    reader_name: Annotated[
        str | None, typer.Option("--reader", help="Reader, where it cannot be told.")
    ] = None,
    day: Annotated[str | None, typer.Option("--date", help="Day of the vintage, YYYY-MM-DD.")] = None,
    sender: Annotated[str | None, typer.Option(help="List: the state whose list it is.")] = None,
    instrument: Annotated[
        str | None, typer.Option(help="List: what being listed means; asset_freeze if not said.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="List: the state its programmes target.")] = None,
    programme: Annotated[
        list[str] | None, typer.Option(help="List: a programme of that target; may be given again.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="A parameter of the source, name=value; may be given again.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="Title of the source.")] = None,
    producer: Annotated[str | None, typer.Option(help="Who publishes it.")] = None,
    licence: Annotated[str | None, typer.Option(help="Name of its licence.")] = None,
    url: Annotated[str | None, typer.Option(help="The producer's page.")] = None,
    url_download: Annotated[
        str | None, typer.Option(help="Where the file comes from: it is then fetched, and not kept in Git.")
    ] = None,
    write_params: Annotated[
        bool, typer.Option("--params", help="Write the parameters, not only show.")
    ] = False,
) -> None:
    """Add a source of one's own from a file: guess its reader, show what it says, and write its folder."""
    folder = project.RAW / source
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source):
        raise RetorsionError(f"--as {source!r}: write small letters, digits and underscores")
    if folder.exists():
        raise RetorsionError(
            f"data/raw/{source} is there already. A new vintage: "
            f"`python -m retorsion refresh {source} --from {file}`"
        )
    if file.is_dir():
        raise SourceError(file, "is a folder", remedy="Give one of the files in it.")
    if not file.is_file():
        raise SourceError(file, "is missing", remedy="Correct the path.")
    reading = reader(reader_name, "--reader") if reader_name else recognise(file)
    of_lists = {"sender": sender, "instrument": instrument, "target": target, "programme": programme}
    words = {
        "title": title,
        "producer": producer,
        "licence": licence,
        "url": url,
        "url_download": url_download,
    }
    if reading.name in codings():
        _refuse({**of_lists, "option": option, "date": day, **words}, reading)
        _add_events(file, source, reading, write_params=write_params)
        return
    if reading.kind != "list":
        _refuse(of_lists, reading)
    if reading.name == NUMBERED_LIST:
        _refuse({"target": target, "programme": programme}, reading)
    for name, code in (("sender", sender), ("target", target)):
        if code is not None and code not in known_codes():
            raise RetorsionError(
                f"--{name} {code!r} is not a known state. Use an ISO 3166-1 alpha-3 code, such as USA"
            )
    options = {name: _parameter(name, value) for name, value in name_values(option or []).items()}
    vintage = parse_day(day) if day else day_in_name(file.name)
    if reading.kind == "list" and vintage is None:
        raise SourceError(
            file, "does not say of which day it is", remedy="Give the day of the vintage: --date YYYY-MM-DD."
        )
    rows = reading.read(file, source_id=source, **{n: options[n] for n in reading.options if n in options})
    typer.echo(f"Read as {reading.name}: {reading.what}.")
    typer.echo(summary_line("file", str(vintage or "undated"), rows, file.stat().st_size))
    show_first(rows)
    show_quarantine(rows)
    judged(rows, source)
    if reading.kind == "list":
        options = _list_options(reading, rows, sender, instrument or "asset_freeze", options)
    elif reading.kind == "interventions":
        options = {"with_inferred": False, "others": "leave_out", **options}
    _check_given(reading, options)
    side = _side_table(reading, rows, target, programme or [])
    name = _plain_name(file.name)
    path = f"files/{name}" if url_download else name
    text = _sidecar_text(source, reading, file, path, vintage, words)
    params_text, lines = new_params(source, reading, fetched=url_download is not None, options=options)
    (folder / path).parent.mkdir(parents=True)
    try:
        shutil.copyfile(file, folder / path)
        (folder / SIDECAR).write_bytes(text.encode())
        load_sidecar(folder / SIDECAR)
        check(yaml.safe_load(params_text), project.RAW)  # what a build would refuse is not proposed
    except BaseException:
        shutil.rmtree(folder)
        raise
    leave_side_table(folder, reading, side)
    typer.echo(
        f"Written: data/raw/{source}/{SIDECAR}. Complete what it does not state: licence, citation, coverage."
    )
    if is_published_list(reading):
        typer.echo("What this first vintage shows is no news: only subjects that later ones add are acts.")
    if write_params and lines:
        (project.ROOT / "params.yaml").write_bytes(params_text.encode())
        typer.echo("Written: params.yaml. Rebuild: dvc repro")
    else:
        say_params(lines, "In params.yaml, under sources (--params writes it):")


def _refuse(given: Mapping[str, object], reading: Reader) -> None:
    """Raise RetorsionError if an option is given that says nothing of a file of this kind."""
    useless = [name.replace("_", "-") for name, value in given.items() if value]
    if useless:
        raise RetorsionError(
            f"--{useless[0]}: says nothing of a file of {reading.kind} (reader {reading.name}). Leave it out"
        )


def _check_given(reading: Reader, options: Mapping[str, Any]) -> None:
    """Raise RetorsionError unless a build takes the parameters that are to be written of a source."""
    section = SECTIONS.get(reading.kind)
    if section is not None:
        own = {name: value for name, value in options.items() if name not in reading.options}
        check_options(section, reading.name, own, "--option")
    elif unknown := [name for name in options if name not in reading.options]:
        known = reading.options
        raise RetorsionError(
            f"--option: has no option {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
            f"It takes: {', '.join(known) or 'none'}"
        )


def _add_events(file: Path, source: str, reading: Reader, *, write_params: bool) -> None:
    """Show a file of machine-coded events, and how its like are built; they are too large to be copied."""
    rows = reading.read(file, source_id=source)
    typer.echo(f"Read as {reading.name}: {reading.what}.")
    typer.echo(summary_line("file", str(day_in_name(file.name) or "undated"), rows, file.stat().st_size))
    show_first(rows)
    show_quarantine(rows)
    judged(rows, source)
    pair = project.params("pair")
    place = file.resolve()
    if place.is_relative_to(Path.home()):
        place = Path("~") / place.relative_to(Path.home())
    entry = {"reader": reading.name, "files": str(place), "pairs": [[pair["a"], pair["b"]]]}
    value = yaml.safe_dump(entry, default_flow_style=None, sort_keys=False, width=10_000)
    lines = ["events:", f"  {source}:", *(f"    {line}" for line in value.splitlines())]
    text = with_events((project.ROOT / "params.yaml").read_text(encoding="utf-8"), source, lines[1:])
    check(yaml.safe_load(text), project.RAW)
    typer.echo(
        "Event files stay where they are. With a pattern such as *.zip in place of the name, all are read."
    )
    if write_params:
        (project.ROOT / "params.yaml").write_bytes(text.encode())
        typer.echo("Written: params.yaml.")
    else:
        typer.echo("In params.yaml (--params writes it):")
        for line in lines:
            typer.echo(line)
    typer.echo(f"Build: python -m retorsion build events {source}. See docs/events.md.")


def _plain_name(name: str) -> str:
    """Name of a file without the day of its vintage, since the next one takes its place."""
    dateless = re.sub(r"[ _.-]?(?<!\d)\d{4}-?\d{2}-?\d{2}(?!\d)", "", name)
    return re.sub(r"[^A-Za-z0-9_.-]", "_", dateless).lstrip(".-_") or "data"


def name_values(given: Sequence[str]) -> dict[str, str]:
    """Options written ``name=value``.

    Raises:
        RetorsionError: one is written otherwise, or names what another has named.
    """
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not (name and equals):
            raise RetorsionError(f"--option {one!r}: write name=value")
        if name in found:
            raise RetorsionError(f"--option {one!r}: {name} is given twice. Give it once")
        found[name] = value
    return found


def _parameter(name: str, value: str) -> Any:
    """The value of a parameter as YAML reads it."""
    try:
        return yaml.safe_load(value)
    except (yaml.YAMLError, ValueError):
        raise RetorsionError(f"--option {name}={value}: the value is not YAML. Quote it") from None


def _list_options(
    reading: Reader, rows: Rows, sender: str | None, instrument: str, given: dict[str, Any]
) -> dict[str, Any]:
    """Parameters of a list; what is given stands."""
    if sender is None:
        raise RetorsionError("a list needs --sender: the code of the state whose list it is, such as USA")
    options: dict[str, Any] = {"sender_code": sender, "instrument_type": instrument}
    if reading.name == NUMBERED_LIST:
        return options | given
    options |= {"others": "leave_out", **given}
    n_open = reading.subjects(rows.accepted)["subject_type"].null_count()
    if n_open and "undetermined_type" not in options:
        typer.echo(
            f"The list leaves the kind of {n_open} subjects open: they count as entities (undetermined_type)."
        )
        options["undetermined_type"] = "entity"
    return options


def _side_table(
    reading: Reader, rows: Rows, target: str | None, chosen: Sequence[str]
) -> pl.DataFrame | None:
    """The table beside the file in which the user says what its programmes or types mean."""
    if is_published_list(reading):
        found = (
            by_programme(reading.subjects(rows.accepted))["programme"].drop_nulls().value_counts(sort=True)
        )
        unknown = [name for name in chosen if name not in set(found["programme"])]
        if unknown:
            raise RetorsionError(
                f"--programme {unknown[0]!r} is not in the file. Its programmes: "
                f"{', '.join(sorted(found['programme']))}"
            )
        # That a list has one programme only says which one is meant; of several, the user has to say it.
        named = list(chosen) or (found["programme"].to_list() if target and len(found) == 1 else [])
        if not named:
            typer.echo("Programmes of the list, with their subjects (say which states they target):")
            for name, n in found.iter_rows():
                typer.echo(f"  {n:>7,}  {name}")
        if target and not named:
            raise RetorsionError(
                f"--target {target}: which of the {len(found)} programmes above target it? "
                "Name each: --programme NAME. Nothing is written"
            )
        return pl.DataFrame(
            {"programme": named, "target_code": [target] * len(named), "addressee_code": [None] * len(named)},
            schema=dict.fromkeys(("programme", "target_code", "addressee_code"), pl.String),
        )
    if reading.kind == "interventions":
        found = rows.accepted["intervention_type"].value_counts(sort=True)
        n_green = len(rows.accepted.filter(pl.col("evaluation") == "Green"))
        typer.echo(f"{n_green} liberalising interventions (Green) are left out of the tables.")
        typer.echo("Types of intervention (say in instruments.csv which instrument each is):")
        for name, n in found.iter_rows():
            typer.echo(f"  {n:>7,}  {name}")
        return pl.DataFrame(
            schema=dict.fromkeys(("intervention_type", "instrument_type", "flow_type"), pl.String)
        )
    return None


def _sidecar_text(
    source: str,
    reading: Reader,
    file: Path,
    path: str,
    vintage: date | None,
    words: Mapping[str, str | None],
) -> str:
    """A sidecar: what the user says, else what the catalogue knows of the publication, else "not stated"."""
    known = [one for one in load_catalogue(project.CATALOGUE) if one.reader == reading.name]
    like = known[0] if len(known) == 1 else None
    publication = reading.what[0].upper() + reading.what[1:]
    licence = {"name": words["licence"], "url": None}
    if like and not words["licence"]:
        licence = {"name": like.licence.name, "url": like.licence.url}
    sidecar: dict[str, Any] = {
        "id": source,
        "title": words["title"] or (like.title if like else publication),
        "kind": "fetched" if words["url_download"] else "recorded",
        "producer": words["producer"] or (like.producer if like else "not stated"),
        "description": like.description if like else f"{publication}.",
        "processing": f"Taken unchanged from the file {file.name}.",
        "citation": like.citation
        if like
        else f"{words['producer'] or publication}{f', {vintage}' if vintage else ''}.",
        "url": words["url"] or (like.url if like else None),
        "url_download": words["url_download"] or (like.url_download if like else None),
        "date_published": str(vintage) if vintage else None,
        "date_accessed": str(date.today()),
        "licence": licence,
        "files": [{"path": path, "sha256": sha256_of(file), "bytes": file.stat().st_size}],
        "reader": reading.name,
        "coverage": like.coverage if like else "not stated",
        "update_cadence": like.update_cadence if like else "not stated",
    }
    if like and like.redirect_hosts:
        sidecar["redirect_hosts"] = list(like.redirect_hosts)
    if like and like.newest_link:
        sidecar["newest_link"] = like.newest_link
    if like and like.key:
        sidecar["key"] = {name: value for name, value in vars(like.key).items() if value}
    return yaml.safe_dump(sidecar, sort_keys=False, allow_unicode=True, width=110)
