"""A source that a command adds: one look at its file, its sidecar, its folder and its parameters."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import typer
import yaml

from retorsion import project
from retorsion.errors import RetorsionError, SourceError, did_you_mean
from retorsion.files import pack, put_folder, write_whole
from retorsion.params import check_params
from retorsion.sources.limits import checked, raised
from retorsion.sources.readers import Kind, Reader, reader, recognise
from retorsion.sources.rows import Rows
from retorsion.sources.sidecar import (
    SIDE_TABLES,
    SIDECAR,
    VINTAGES,
    Sidecar,
    load_catalogue,
    load_sidecar,
    sha256_of,
)
from retorsion.sources.text.archives import is_data
from retorsion.sources.transfer.newest import day_in_name
from retorsion.sources.yaml_text import parse_mapping
from retorsion.steps.entries import new_params, say_params, side_table_name
from retorsion.steps.showing import checked_day, judged, parse_day, show_quarantine, show_rows, summary_line

#: What a sidecar says where neither the user nor the file does.
NOT_STATED = "not stated"

#: Names in the folder of a source that are not free for its data.
RESERVED = {name.lower() for name in (*SIDE_TABLES, SIDECAR, VINTAGES, "files", "corrections.yaml")}

#: The command that adds a file of each kind.
COMMANDS: Mapping[Kind, str] = {
    "list": "list",
    "flows": "flows",
    "interventions": "measures",
    "events": "events",
    "rates": "other",
    "cases": "other",
    "record": "other",
}


@dataclass(frozen=True)
class Provenance:
    """What the user says about where a file comes from.

    Attributes:
        title: title of the source.
        producer: who publishes it.
        licence: name of its licence.
        url: the producer's page.
        url_download: where the file comes from; it is then fetched and not kept in Git.
        like: entry of the catalogue that the file is a vintage of; its statements hold for the file.
    """

    title: str | None
    producer: str | None
    licence: str | None
    url: str | None
    url_download: str | None
    like: str | None


@dataclass(frozen=True)
class NewSource:
    """A file as one look at it found it.

    Attributes:
        id: name of the source.
        file: where the file is; of a folder the zip that it was packed into.
        reading: its reader.
        rows: its rows.
        vintage: the day it is of; None where nothing states one.
        given: parameters that the user gives, without those of the reader.
        limits: bounds that the user raises for the file.
        folder: of a folder, where the zip is until the source is added.
    """

    id: str
    file: Path
    reading: Reader
    rows: Rows
    vintage: date | None
    given: Mapping[str, Any]
    limits: Mapping[str, int]
    folder: TemporaryDirectory[str] | None = None


def look_at(
    file: Path, source: str, command: str, *, reader_name: str | None, day: str | None, option: Sequence[str]
) -> NewSource:
    """Read a file that is to be added, and show what is in it.

    Args:
        file: the file, or the folder of an edition that one reader reads as a whole.
        source: id that the source is to have.
        command: list, flows, measures, events or other: what the user takes the file for.
        reader_name: its reader; None recognises it.
        day: day of the vintage; None takes it from the name of the file.
        option: parameters, each NAME=VALUE.

    Raises:
        RetorsionError: an id or option that cannot be used, or a file of another kind.
        SourceError: a file that is missing, cannot be read, or is a list whose day nothing states.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", source):
        raise RetorsionError(f"--as {source!r}: write small letters, digits and underscores, a letter first")
    folder = None
    if file.is_dir():
        folder, file = _packed(file)
    if not file.is_file():
        raise SourceError(file, "is missing", remedy="Correct the path.")
    given = parameters_of(option)
    limits = checked(given.pop("limits", {}), "--option")
    reading = reader(reader_name, "--reader") if reader_name else recognise(file)
    if COMMANDS[reading.kind] != command:
        raise RetorsionError(
            f"{file.name} holds {reading.kind} (reader {reading.name}: {reading.what}). "
            f"Use: retorsion add {COMMANDS[reading.kind]} {file} --as {source}"
        )
    vintage = parse_day(day) if day else day_in_name(file.name)
    if vintage is not None:
        checked_day(vintage, "--date" if day else file.name)
    elif reading.kind == "list":
        raise SourceError(
            file, "does not say of which day it is", remedy="Give the day of the vintage: --date YYYY-MM-DD."
        )
    own = {name: given.pop(name) for name in reading.options if name in given}
    with raised(limits):
        rows = reading.read(file, source_id=source, **own)
    typer.echo(f"Read as {reading.name}: {reading.what}.")
    typer.echo(summary_line("file", str(vintage or "undated"), rows, file.stat().st_size))
    show_rows(rows.accepted)
    show_quarantine(rows)
    judged(rows, source)
    return NewSource(source, file, reading, rows, vintage, {**own, **given}, limits, folder)


def _packed(folder: Path) -> tuple[TemporaryDirectory[str], Path]:
    """A folder that a reader reads as a whole, as a zip, since a source has its files in one; and where that is kept.

    Raises:
        SourceError: no reader reads such a folder.
    """
    try:
        recognise(folder)
    except SourceError as error:
        raise SourceError(
            folder,
            "is a folder that no reader reads as one publication",
            remedy="Add one of the files in it. Of a source with several files of one format, add the first, put the "
            "others beside it, list them under files in its source.yaml, and run retorsion pin.",
        ) from error
    kept = TemporaryDirectory(prefix=".adding-", dir=project.RAW.parent)
    packed = Path(kept.name) / f"{folder.resolve().name}.zip"
    pack((one for one in folder.iterdir() if one.is_file() and is_data(one.name)), packed)
    return kept, packed


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


def parameters_of(given: Sequence[str]) -> dict[str, Any]:
    """Parameters of a source written ``name=value``, their values as YAML reads them.

    Raises:
        RetorsionError: as :func:`name_values`, or a value is not YAML.
    """
    return {name: _value(name, text) for name, text in name_values(given).items()}


def _value(name: str, text: str) -> Any:
    """The value of a parameter as YAML reads it."""
    return parse_mapping(f"value: {text}", f"--option {name}", RetorsionError)["value"]


def add_source(
    new: NewSource,
    stated: Provenance,
    *,
    options: Mapping[str, Any],
    side: pl.DataFrame | None,
    write_params: bool,
) -> None:
    """Write the folder of a source, and its parameters or how they would be written.

    A folder that an earlier command left without its sidecar is completed. One that holds this very file
    gets the parameters that are still missing.

    Args:
        new: the file.
        stated: where it comes from.
        options: what ``params.yaml`` is to say of it.
        side: the table beside the file, if it needs one.
        write_params: write ``params.yaml`` too.

    Raises:
        RetorsionError: another source has the folder, or a build would refuse the parameters.
    """
    is_there = _is_there(new)
    params_text, lines = new_params(
        new.id, new.reading, fetched=stated.url_download is not None, options=options
    )
    folder = project.RAW / new.id
    is_made = not folder.exists()
    if not is_there:
        _write_folder(new, stated, side)
    try:
        check_params(params_text, project.RAW)  # what a build would refuse is not proposed
    except RetorsionError:
        if is_made:
            shutil.rmtree(folder)
        raise
    if not is_there:
        _say_written(new, stated, side)
    if write_params and lines:
        write_whole(project.PARAMS, params_text.encode())
        typer.echo("Written: params.yaml. Rebuild: dvc repro")
    else:
        say_params(lines, "In params.yaml, under sources (--params writes it):")


def _is_there(new: NewSource) -> bool:
    """Whether the folder of a source is there with this very file, as a killed command may leave it.

    Raises:
        RetorsionError: the folder holds another source, or what no command has left there.
    """
    folder = project.RAW / new.id
    if (folder / SIDECAR).is_file():
        pinned = load_sidecar(folder / SIDECAR)
        if [file.sha256 for file in pinned.data_files] != [sha256_of(new.file)]:
            raise RetorsionError(
                f"data/raw/{new.id} is there already. To look at a new vintage: "
                f"`retorsion refresh {new.id} --from {new.file}`"
            )
        typer.echo(f"data/raw/{new.id} has this file already.")
        return True
    found = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if VINTAGES in found:
        raise RetorsionError(
            f"data/raw/{new.id} holds a vintage that is not pinned. Pin it with `retorsion refresh {new.id} "
            "--accept`, or choose another name with --as"
        )
    strange = sorted(found - {"files", data_name(new.id, new.file.name), *SIDE_TABLES})
    if strange:
        raise RetorsionError(
            f"data/raw/{new.id} has no {SIDECAR}, but holds {strange[0]}. Remove the folder or choose another "
            "name with --as"
        )
    if found:
        typer.echo(f"data/raw/{new.id} has no {SIDECAR}: it is completed.")
    return False


def _write_folder(new: NewSource, stated: Provenance, side: pl.DataFrame | None) -> None:
    folder = project.RAW / new.id
    name = data_name(new.id, new.file.name)
    path = f"files/{name}" if stated.url_download else name
    staging = project.RAW.parent / ".adding"
    shutil.rmtree(staging, ignore_errors=True)  # of a command that was killed
    made = staging / new.id
    try:
        (made / path).parent.mkdir(parents=True)
        shutil.copyfile(new.file, made / path)
        (made / SIDECAR).write_bytes(_sidecar_text(new, path, stated).encode())
        load_sidecar(made / SIDECAR)
        table = side_table_name(new.reading)
        if side is not None and not (folder / table).exists():
            side.write_csv(made / table)
        put_folder(made, folder, last=SIDECAR)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _say_written(new: NewSource, stated: Provenance, side: pl.DataFrame | None) -> None:
    typer.echo(f"Written: data/raw/{new.id}/{SIDECAR}. Complete what is {NOT_STATED} in it.")
    alike = [entry.id for entry in load_catalogue(project.CATALOGUE) if entry.reader == new.reading.name]
    if alike and not stated.like:
        typer.echo(f"If it is a vintage of {' or '.join(alike)} of data/catalogue, add it with --like.")
    if side is not None:
        state = f"{len(side)} rows" if len(side) else "empty: fill it in"
        typer.echo(f"Written: data/raw/{new.id}/{side_table_name(new.reading)} ({state}).")


def data_name(source: str, name: str) -> str:
    """Name of a file in the folder of its source: without the day, since the next vintage takes its place.

    A name that means something else there gets the name of the source in front.
    """
    dateless = re.sub(r"[ _.-]?(?<!\d)\d{4}-?\d{2}-?\d{2}(?!\d)", "", name)
    plain = re.sub(r"[^A-Za-z0-9_.-]", "_", dateless).lstrip(".-_") or "data"
    return f"{source}_{plain}" if plain.lower() in RESERVED else plain


def _catalogued(name: str, reading: Reader) -> Sidecar:
    """The entry of the catalogue that a file is said to be a vintage of."""
    known = {entry.id: entry for entry in load_catalogue(project.CATALOGUE)}
    if name not in known:
        raise RetorsionError(
            f"--like {name!r}: is not in data/catalogue.{did_you_mean(name, known)} "
            f"The entries are: {', '.join(known)}"
        )
    if known[name].reader != reading.name:
        raise RetorsionError(
            f"--like {name}: is read by {known[name].reader}, the file by {reading.name}. "
            "Name another entry, or say --title, --producer, --licence and --url yourself"
        )
    return known[name]


def _sidecar_text(new: NewSource, path: str, stated: Provenance) -> str:
    """A sidecar: what the user says, and otherwise that it is not stated.

    That a file is in a publication's layout does not make it that publication. Only ``--like`` says so.
    """
    like = _catalogued(stated.like, new.reading) if stated.like else None
    licence: dict[str, Any] = {"name": stated.licence, "url": None}
    if like and not stated.licence:
        licence = {"name": like.licence.name, "url": like.licence.url}
    own_words = ", ".join(word for word in (stated.producer, stated.title) if word)
    citation = f"{own_words}{f', {new.vintage}' if new.vintage else ''}." if own_words else NOT_STATED
    sidecar: dict[str, Any] = {
        "id": new.id,
        "title": stated.title or (like.title if like else NOT_STATED),
        "kind": "fetched" if stated.url_download else "recorded",
        "producer": stated.producer or (like.producer if like else NOT_STATED),
        "description": like.description if like else f"A file in the layout of {new.reading.what}.",
        "processing": f"Packed unchanged from the folder {new.file.stem}."
        if new.folder
        else f"Taken unchanged from the file {new.file.name}.",
        "citation": like.citation if like else citation,
        "url": stated.url or (like.url if like else None),
        "url_download": stated.url_download or (like.url_download if like else None),
        "date_published": str(new.vintage) if new.vintage else None,
        "date_accessed": str(date.today()),
        "licence": licence,
        "files": [{"path": path, "sha256": sha256_of(new.file), "bytes": new.file.stat().st_size}],
        "reader": new.reading.name,
        "coverage": like.coverage if like else NOT_STATED,
        "update_cadence": like.update_cadence if like else NOT_STATED,
    }
    if new.limits:
        sidecar["limits"] = dict(new.limits)
    if like and like.redirect_hosts:
        sidecar["redirect_hosts"] = list(like.redirect_hosts)
    if like and like.newest_link:
        sidecar["newest_link"] = like.newest_link
    if like and like.key:
        sidecar["key"] = {name: value for name, value in vars(like.key).items() if value}
    return yaml.safe_dump(sidecar, sort_keys=False, allow_unicode=True, width=110)
