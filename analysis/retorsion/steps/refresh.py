"""Command ``refresh``: the newest vintage of a source, what changed, and its pin."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from retorsion import project
from retorsion.errors import RetorsionError, SourceError, did_you_mean
from retorsion.files import put_folder
from retorsion.sources.limits import raised
from retorsion.sources.readers import NOT_OF_THE_SUBJECT, Reader, reader
from retorsion.sources.rows import Rows
from retorsion.sources.sidecar import SIDECAR, VINTAGES, Sidecar, load_catalogue, load_sidecar, sha256_of
from retorsion.sources.transfer.https import Transfer
from retorsion.sources.transfer.newest import (
    Vintage,
    check_size,
    fetch_newest,
    forget,
    pinned_as,
    repinned,
    take_local,
    waiting_vintage,
)
from retorsion.sources.vintages import changed_rows, difference, observe
from retorsion.steps.entries import (
    empty_side_table,
    is_published_list,
    needed_options,
    new_params,
    reader_options,
    say_params,
    side_table_name,
)
from retorsion.steps.raw import read_observed
from retorsion.steps.showing import checked_day, judged, parse_day, show_quarantine, summary_line
from retorsion.tables.lists import by_programme

#: Hosts from which plain http is accepted, parted by commas: for a mirror on one's own machine.
INSECURE_HOSTS = "RETORSION_INSECURE_HOSTS"

#: Folder of a source with the files of a pin that is decided.
PINNING = f"{VINTAGES}/pinning"


def run(
    source: Annotated[str, typer.Argument(help="Folder in data/raw, or a source of data/catalogue.")],
    accept: Annotated[bool, typer.Option("--accept", help="Pin the newest vintage.")] = False,
    given: Annotated[
        Path | None, typer.Option("--from", help="A file of this machine in place of a download.")
    ] = None,
    url: Annotated[str | None, typer.Option(help="Download from here instead.")] = None,
    day: Annotated[str | None, typer.Option("--date", help="Day of the vintage, YYYY-MM-DD.")] = None,
    shrink_limit: Annotated[
        float, typer.Option(min=0, max=0.99, help="Largest part of the old rows and bytes that may be gone.")
    ] = 0.2,
) -> None:
    """Look for a newer vintage of a source, show what changed, and pin it with --accept.

    Without --accept only data/raw/SOURCE/vintages changes. With it, the vintage that an earlier look left
    there is pinned, or the newest if there is none.
    """
    dated = None if day is None else parse_day(day)
    finish_pin(source)
    _refresh(source, accept, given, url, dated, shrink_limit)


def _refresh(
    source: str, accept: bool, given: Path | None, url: str | None, dated: date | None, shrink_limit: float
) -> None:
    sidecar, text = _find(source)
    folder, today = project.RAW / source, date.today()
    waiting = waiting_vintage(folder, sidecar.data_files[0].name) if accept and not (given or url) else None
    if waiting is not None:
        vintage: Vintage | None = replace(waiting, day=dated or waiting.day)
    elif given is not None:
        vintage = take_local(sidecar, folder, given, today=today, day=dated)
    else:
        vintage = fetch_newest(
            sidecar,
            folder,
            today=today,
            address=url,
            day=dated,
            transfer=TRANSFER,
            allow_insecure_hosts=_insecure_hosts(),
        )
    if vintage is None:
        typer.echo(f"{source}: the pinned vintage is the newest ({sidecar.date_published or 'undated'}).")
        return
    try:
        checked_day(vintage.day, vintage.address)
        old = _pinned_file(sidecar, folder)
        with raised(sidecar.limits):
            record = _compare(sidecar, folder, old, vintage, shrink_limit=shrink_limit)
    except RetorsionError:
        forget(vintage)
        raise
    if not accept:
        typer.echo(f"Pin it: retorsion refresh {source} --accept")
        return
    _pin(source, sidecar, text, vintage, record)


#: How patient refresh is.
TRANSFER = Transfer()


def _insecure_hosts() -> tuple[str, ...]:
    return tuple(host for host in os.environ.get(INSECURE_HOSTS, "").split(",") if host)


def _find(source: str) -> tuple[Sidecar, str]:
    """The sidecar of a source in data/raw or in the catalogue, and its text."""
    for path in (project.RAW / source / SIDECAR, project.CATALOGUE / f"{source}.yaml"):
        if path.is_file():
            return load_sidecar(path), path.read_text(encoding="utf-8")
    if source in project.parameters().events:
        raise RetorsionError(
            f"{source} is a source of events: put the newer files beside the others, and run "
            f"`retorsion events build {source}`"
        )
    here = sorted(folder.name for folder in project.RAW.iterdir() if folder.is_dir())
    listed = [sidecar.id for sidecar in load_catalogue(project.CATALOGUE)]
    raise RetorsionError(
        f"there is no source {source!r}.{did_you_mean(source, [*here, *listed])} "
        f"In data/raw: {', '.join(here)}. In the catalogue: "
        f"{', '.join(listed)}"
    )


def _pinned_file(sidecar: Sidecar, folder: Path) -> Path | None:
    """The file that the sidecar pins, to compare with; None for a source of the catalogue.

    Raises:
        SourceError: it is missing, or is not the one that the sidecar pins.
    """
    if sidecar.kind == "available":
        return None
    path = folder / sidecar.data_files[0].path
    fetched = sidecar.kind == "fetched"
    remedy = f"Fetch it first: `retorsion fetch {sidecar.id}`." if fetched else "Restore it: `git checkout`."
    if not path.is_file():
        raise SourceError(path, "is missing", remedy=remedy)
    if sha256_of(path) != sidecar.data_files[0].sha256:
        raise SourceError(path, f"is not the file that its {SIDECAR} pins", remedy=remedy)
    return path


def _compare(
    sidecar: Sidecar, folder: Path, old: Path | None, vintage: Vintage, *, shrink_limit: float
) -> pl.DataFrame | None:
    """Show a vintage beside the pinned one; for a list, the record of vintages after it."""
    reading = reader(sidecar.reader, SIDECAR)
    options = reader_options(sidecar.id, reading)
    if old is not None:
        check_size(old.stat().st_size, vintage.bytes, sidecar.id, shrink_limit=shrink_limit)
    new_rows = judged(reading.read(vintage.path, source_id=sidecar.id, **options), sidecar.id)
    typer.echo(f"{sidecar.title}")
    if old is not None:
        old_rows = reading.read(old, source_id=sidecar.id, **options)
        typer.echo(
            summary_line(
                "pinned", str(sidecar.date_published or sidecar.date_accessed), old_rows, old.stat().st_size
            )
        )
    typer.echo(summary_line("newest", str(vintage.day), new_rows, vintage.bytes))
    show_quarantine(new_rows)
    if old is None:
        typer.echo("A first vintage is no news: nothing is said to have been added.")
        return None
    changes = _changes(reading, sidecar, old_rows, new_rows, vintage.day, shrink_limit)
    _show_changes(changes)
    path = vintage.path.parent / "changes.csv"
    changes.with_columns(pl.col(pl.List(pl.String)).list.join(";")).write_csv(path)
    typer.echo(
        f"All changes: {path.relative_to(project.ROOT) if path.is_relative_to(project.ROOT) else path}"
    )
    return _record(reading, sidecar, folder, old_rows, new_rows, vintage.day)


def _changes(
    reading: Reader, sidecar: Sidecar, old: Rows, new: Rows, day: date, shrink_limit: float
) -> pl.DataFrame:
    if is_published_list(reading):
        first, second = (reading.subjects(rows.accepted) for rows in (old, new))
        key = [name for name in ("list_number", "subject_id") if name in first.columns]
        compared = [name for name in first.columns if name not in {*key, *NOT_OF_THE_SUBJECT}]
        found = difference(first, second, key, compared, observed_date=day, shrink_limit=shrink_limit)
        names = pl.concat([frame.select(*key, "subject_name") for frame in (second, first)])
        return found.join(names.unique(key, keep="first"), on=key, how="left", maintain_order="left")
    columns = dict.fromkeys((*old.accepted.columns, *new.accepted.columns))
    compared = [name for name in columns if name not in {*reading.key, *NOT_OF_THE_SUBJECT}]
    return changed_rows(
        old.accepted, new.accepted, reading.key, compared, shrink_limit=shrink_limit, what=sidecar.id
    )


def _record(
    reading: Reader, sidecar: Sidecar, folder: Path, old: Rows, new: Rows, day: date
) -> pl.DataFrame | None:
    """The record of vintages of a published list after one more; None for any other source."""
    if not is_published_list(reading):
        return None
    pinned_day = sidecar.date_published or sidecar.date_accessed
    if pinned_day is None:
        raise RetorsionError(
            f"{sidecar.id}: its sidecar states no date_published. A list needs the day of its vintage"
        )
    first, second = (by_programme(reading.subjects(rows.accepted)) for rows in (old, new))
    named = [frame.filter(pl.col("programme").is_not_null()) for frame in (first, second)]
    return observe(read_observed(folder), *named, old_date=pinned_day, new_date=day)


def _pin(source: str, sidecar: Sidecar, text: str, vintage: Vintage, record: pl.DataFrame | None) -> None:
    """Put a vintage in the place of the pinned file.

    All files are made beside their places first. From the moment their folder has its last name, the pin is
    decided: :func:`finish_pin` completes it, even if this command is killed.
    """
    folder = project.RAW / source
    kind, path = pinned_as(sidecar, vintage)
    reading = reader(sidecar.reader, SIDECAR)
    staged = folder / VINTAGES / "staged"
    shutil.rmtree(staged, ignore_errors=True)
    made = staged / source
    (made / path).parent.mkdir(parents=True)
    (made / SIDECAR).write_bytes(repinned(text, sidecar, vintage).encode())
    load_sidecar(made / SIDECAR)
    if record is not None:
        record.write_csv(made / "observed.csv")
    side, table = empty_side_table(reading), side_table_name(reading)
    is_first = sidecar.kind == "available" and side is not None and not (folder / table).exists()
    if is_first and side is not None:
        side.write_csv(made / table)
    vintage.path.replace(made / path)
    staged.replace(folder / PINNING)
    finish_pin(source)
    typer.echo(f"Pinned in data/raw/{source}/{SIDECAR}. Rebuild: dvc repro")
    if is_first:
        typer.echo(f"Written: data/raw/{source}/{table} (empty: fill it in).")
    if sidecar.kind == "available":
        needed = needed_options(source, reading)
        _, lines = new_params(source, reading, fetched=kind == "fetched", options=needed)
        say_params(lines, "In params.yaml, under sources, with its own codes for the dots:")


def finish_pin(source: str) -> None:
    """Complete a pin that was decided and interrupted; nothing where there is none.

    If the pinned file was put back since (``git checkout``), the rest of the pin no longer fits and is dropped.
    """
    folder = project.RAW / source
    made = folder / PINNING / source
    if (made / SIDECAR).is_file():
        wanted = load_sidecar(made / SIDECAR).data_files[0]
        places = [path for path in (made / wanted.path, folder / wanted.path) if path.is_file()]
        if places and sha256_of(places[0]) == wanted.sha256:
            put_folder(made, folder, last=SIDECAR)
    shutil.rmtree(folder / PINNING, ignore_errors=True)


def _show_changes(changes: pl.DataFrame) -> None:
    counts = dict(changes.group_by("change_type").len().iter_rows())
    if not counts:
        typer.echo("  No row changed.")
    shown = [
        name for name in changes.columns if name not in ("change_type", "changed_columns", "observed_date")
    ]
    for kind in sorted(counts):
        of_kind = changes.filter(pl.col("change_type") == kind)
        columns = of_kind["changed_columns"].explode().drop_nulls().value_counts(sort=True)
        which = ", ".join(f"{name} {n:,}" for name, n in columns.iter_rows())
        typer.echo(f"  {kind:<11}{counts[kind]:>9,}" + (f"  ({which})" if which else ""))
        for row in of_kind.select(shown).head(3).iter_rows():
            typer.echo(f"      {', '.join(str(cell) for cell in row)}")
    if "removed" in counts and "observed_date" in changes.columns:
        typer.echo("  Removed means absent from this vintage: it is not known by which act, or when.")
