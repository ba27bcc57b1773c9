"""The part of the shell that takes in: the newest vintage of a source, and sources of one's own."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from retorsion.sources.readers import NOT_OF_THE_SUBJECT, Reader, reader, recognise
from retorsion.sources.rows import Rows, messages
from retorsion.sources.sidecar import SIDECAR, Sidecar, load_catalogue, load_sidecar, sha256_of
from retorsion.sources.states import known_codes
from retorsion.sources.text.recorded import read_complete
from retorsion.sources.transfer.fetch import Transfer
from retorsion.sources.transfer.newest import (
    Vintage,
    changed_rows,
    check_size,
    day_in_name,
    fetch_newest,
    pin,
    repinned,
    take_local,
    waiting_vintage,
)
from retorsion.sources.vintages import difference, observe
from retorsion.tables.builders import NUMBERED_LIST, builder_options, check_options
from retorsion.tables.lists import by_programme

#: Hosts from which plain http is accepted, parted by commas: for a mirror on one's own machine.
INSECURE_HOSTS = "RETORSION_INSECURE_HOSTS"

#: Largest part of the rows of a new vintage that may be quarantined before it is refused.
QUARANTINE_LIMIT = 0.1

_SHOWN = 10


def refresh(
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
    """Look for a newer vintage of a source, show what changed, and pin it if told to.

    Without --accept nothing but data/raw/SOURCE/vintages is touched. With it, the vintage that an earlier
    look left there is pinned, or the newest if there is none.
    """
    sidecar, text = _find(source)
    folder, today, dated = project.RAW / source, date.today(), None if day is None else _day(day)
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
    old = folder / sidecar.data_files[0].path if sidecar.kind != "available" else None
    record = _compare(sidecar, folder, old, vintage, shrink_limit=shrink_limit)
    if not accept:
        typer.echo(f"Pin it: python -m retorsion refresh {source} --accept")
        return
    _pin(source, sidecar, text, vintage, record)


#: How patient refresh is.
TRANSFER = Transfer()


def _insecure_hosts() -> tuple[str, ...]:
    return tuple(host for host in os.environ.get(INSECURE_HOSTS, "").split(",") if host)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise RetorsionError(f"--date {text!r} is not a day. Write it as YYYY-MM-DD") from None


def _find(source: str) -> tuple[Sidecar, str]:
    """The sidecar of a source in data/raw or in the catalogue, and its text."""
    for path in (project.RAW / source / SIDECAR, project.CATALOGUE / f"{source}.yaml"):
        if path.is_file():
            return load_sidecar(path), path.read_text(encoding="utf-8")
    if source in (project.params().get("events") or {}):
        raise RetorsionError(
            f"{source} is a source of events: put the newer files beside the others, and run "
            f"`python -m retorsion build events {source}`"
        )
    here = sorted(folder.name for folder in project.RAW.iterdir() if folder.is_dir())
    listed = [sidecar.id for sidecar in load_catalogue(project.CATALOGUE)]
    raise RetorsionError(
        f"there is no source {source!r}. In data/raw: {', '.join(here)}. In the catalogue: "
        f"{', '.join(listed)}"
    )


def _compare(
    sidecar: Sidecar, folder: Path, old: Path | None, vintage: Vintage, *, shrink_limit: float
) -> pl.DataFrame | None:
    """Show a vintage beside the pinned one; for a list, the record of vintages after it."""
    reading = reader(sidecar.reader, SIDECAR)
    options = _reader_options(sidecar.id, reading)
    if old is not None and not old.is_file():
        raise SourceError(
            old, "is missing", remedy=f"Fetch it first: `python -m retorsion fetch {sidecar.id}`."
        )
    if old is not None:
        check_size(old.stat().st_size, vintage.bytes, sidecar.id, shrink_limit=shrink_limit)
    new_rows = _judged(reading.read(vintage.path, source_id=sidecar.id, **options), sidecar.id)
    typer.echo(f"{sidecar.title}")
    if old is not None:
        old_rows = reading.read(old, source_id=sidecar.id, **options)
        typer.echo(
            _line(
                "pinned", str(sidecar.date_published or sidecar.date_accessed), old_rows, old.stat().st_size
            )
        )
    typer.echo(_line("newest", str(vintage.day), new_rows, vintage.bytes))
    _show_quarantine(new_rows)
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
    if _is_published_list(reading):
        first, second = (reading.subjects(rows.accepted) for rows in (old, new))
        key = [name for name in ("list_number", "subject_id") if name in first.columns]
        compared = [name for name in first.columns if name not in {*key, *NOT_OF_THE_SUBJECT}]
        found = difference(first, second, key, compared, observed_date=day, shrink_limit=shrink_limit)
        names = pl.concat([frame.select(*key, "subject_name") for frame in (second, first)])
        return found.join(names.unique(key, keep="first"), on=key, how="left", maintain_order="left")
    return changed_rows(old.accepted, new.accepted, reading.key, shrink_limit=shrink_limit, what=sidecar.id)


def _is_published_list(reading: Reader) -> bool:
    """Whether the rows are subjects of a list as its publisher gives it."""
    return reading.kind == "list" and reading.name != NUMBERED_LIST


def _record(
    reading: Reader, sidecar: Sidecar, folder: Path, old: Rows, new: Rows, day: date
) -> pl.DataFrame | None:
    """The record of vintages of a published list after one more; None for any other source."""
    if not _is_published_list(reading):
        return None
    pinned_day = sidecar.date_published or sidecar.date_accessed
    if pinned_day is None:
        raise RetorsionError(
            f"{sidecar.id}: its sidecar states no date_published. A list needs the day of its vintage"
        )
    first, second = (by_programme(reading.subjects(rows.accepted)) for rows in (old, new))
    named = [frame.filter(pl.col("programme").is_not_null()) for frame in (first, second)]
    return observe(read_observed(folder), *named, old_date=pinned_day, new_date=day)


def read_observed(folder: Path) -> pl.DataFrame | None:
    """The record of a list's earlier vintages, ``observed.csv`` in its folder; None where there is none.

    Raises:
        RetorsionError: a row that is not in the layout.
    """
    path = folder / "observed.csv"
    if not path.exists():
        return None
    return read_complete(path, "observed_list", source_id=folder.name)


def _pin(source: str, sidecar: Sidecar, text: str, vintage: Vintage, record: pl.DataFrame | None) -> None:
    folder = project.RAW / source
    sidecar_text = repinned(text, sidecar, vintage)
    pin(vintage, sidecar, folder)
    (folder / SIDECAR).write_bytes(sidecar_text.encode())
    pinned = load_sidecar(folder / SIDECAR)
    if record is not None:
        record.write_csv(folder / "observed.csv")
    typer.echo(f"Pinned in data/raw/{source}/{SIDECAR}. Rebuild: dvc repro")
    if sidecar.kind == "available":
        reading = reader(sidecar.reader, SIDECAR)
        _leave_side_table(folder, reading, None)
        needed = _needed_options(source, reading)
        _, lines = _new_params(source, reading, fetched=pinned.kind == "fetched", options=needed)
        _say_params(lines, "In params.yaml, under sources, with its own codes for the dots:")


def _needed_options(source: str, reading: Reader) -> dict[str, Any]:
    """Parameters that a source cannot do without, each to be filled in."""
    section = SECTIONS.get(reading.kind)
    if section is None:
        return {}
    known = builder_options(section, reading.name, f"data/raw/{source}/{SIDECAR}")
    needed: dict[str, Any] = {name: "..." for name, is_needed in known.items() if is_needed}
    return needed | ({"others": "leave_out"} if "others" in known else {})


def _judged(rows: Rows, what: str) -> Rows:
    """Rows of a new vintage, unless more of them were quarantined than a sound file explains."""
    n_bad, n_all = len(rows.rejected), len(rows.rejected) + len(rows.accepted)
    if n_bad > QUARANTINE_LIMIT * n_all:
        raise RetorsionError(
            f"{what}: {n_bad} of {n_all} rows cannot be read, more than {QUARANTINE_LIMIT:.0%}. The first: "
            f"{messages(rows.rejected.head(1))[0]}"
        )
    return rows


def _reader_options(source: str, reading: Reader) -> dict[str, Any]:
    """Parameters of a source that are its reader's."""
    known = project.params("sources")
    given = next(
        (known[part][source] for part in ("flows", "lists", "measures") if source in (known.get(part) or {})),
        None,
    )
    return {name: given[name] for name in reading.options if given and name in given}


def _line(which: str, day: str, rows: Rows, n_bytes: int) -> str:
    return (
        f"  {which}  {day:<10}  {len(rows.accepted):>9,} rows  {len(rows.rejected):>5,} quarantined  "
        f"{n_bytes:>13,} bytes"
    )


def _show_quarantine(rows: Rows) -> None:
    for message in messages(rows.rejected.head(_SHOWN)):
        typer.echo(f"  quarantined: {message}")
    if len(rows.rejected) > _SHOWN:
        typer.echo(f"  quarantined: and {len(rows.rejected) - _SHOWN} rows more")


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


def add(
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
    vintage = _day(day) if day else day_in_name(file.name)
    if reading.kind == "list" and vintage is None:
        raise SourceError(
            file, "does not say of which day it is", remedy="Give the day of the vintage: --date YYYY-MM-DD."
        )
    rows = reading.read(file, source_id=source, **{n: options[n] for n in reading.options if n in options})
    typer.echo(f"Read as {reading.name}: {reading.what}.")
    typer.echo(_line("file", str(vintage or "undated"), rows, file.stat().st_size))
    _show_first(rows)
    _show_quarantine(rows)
    _judged(rows, source)
    if reading.kind == "list":
        options = _list_options(reading, rows, sender, instrument or "asset_freeze", options)
    elif reading.kind == "interventions":
        options = {"with_inferred": False, "others": "leave_out", **options}
    _check_given(reading, options)
    side = _side_table(reading, rows, target, programme or [])
    name = _plain_name(file.name)
    path = f"files/{name}" if url_download else name
    text = _sidecar_text(source, reading, file, path, vintage, words)
    params_text, lines = _new_params(source, reading, fetched=url_download is not None, options=options)
    (folder / path).parent.mkdir(parents=True)
    try:
        shutil.copyfile(file, folder / path)
        (folder / SIDECAR).write_bytes(text.encode())
        load_sidecar(folder / SIDECAR)
        check(yaml.safe_load(params_text), project.RAW)  # what a build would refuse is not proposed
    except BaseException:
        shutil.rmtree(folder)
        raise
    _leave_side_table(folder, reading, side)
    typer.echo(
        f"Written: data/raw/{source}/{SIDECAR}. Complete what it does not state: licence, citation, coverage."
    )
    if _is_published_list(reading):
        typer.echo("What this first vintage shows is no news: only subjects that later ones add are acts.")
    if write_params and lines:
        (project.ROOT / "params.yaml").write_bytes(params_text.encode())
        typer.echo("Written: params.yaml. Rebuild: dvc repro")
    else:
        _say_params(lines, "In params.yaml, under sources (--params writes it):")


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
    typer.echo(_line("file", str(day_in_name(file.name) or "undated"), rows, file.stat().st_size))
    _show_first(rows)
    _show_quarantine(rows)
    _judged(rows, source)
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


def _show_first(rows: Rows, n: int = 5, n_columns: int = 8) -> None:
    """The first rows in their first columns that are not empty there, and the names of the others."""
    first = rows.accepted.head(n)
    filled = [name for name in first.columns if first[name].null_count() < len(first)]
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    with pl.Config(
        tbl_formatting="UTF8_FULL_CONDENSED" if is_utf8 else "ASCII_FULL_CONDENSED",
        tbl_cols=n_columns,
        tbl_width_chars=_width(),
        fmt_str_lengths=24,
        tbl_hide_dataframe_shape=True,
    ):
        typer.echo(str(first.select(filled[:n_columns])))
    others = [name for name in rows.accepted.columns if name not in filled[:n_columns]]
    if others:
        typer.echo(f"  and: {', '.join(others)}")


def _width() -> int:
    return shutil.get_terminal_size((120, 24)).columns


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
    if _is_published_list(reading):
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


def _leave_side_table(folder: Path, reading: Reader, side: pl.DataFrame | None) -> None:
    """Write the table beside the file, unless the user has one there already."""
    if side is None:
        if _is_published_list(reading):
            side = pl.DataFrame(
                schema=dict.fromkeys(("programme", "target_code", "addressee_code"), pl.String)
            )
        elif reading.kind == "interventions":
            side = pl.DataFrame(
                schema=dict.fromkeys(("intervention_type", "instrument_type", "flow_type"), pl.String)
            )
        else:
            return
    name = "instruments.csv" if reading.kind == "interventions" else "programmes.csv"
    if not (folder / name).exists():
        side.write_csv(folder / name)
        state = f"{len(side)} rows" if len(side) else "empty: fill it in"
        typer.echo(f"Written: {folder.relative_to(project.RAW.parent.parent)}/{name} ({state}).")


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


#: Section of ``sources`` in params.yaml that each kind of source belongs to. Events have one of their own.
SECTIONS = {"list": "lists", "flows": "flows", "interventions": "measures"}


def _new_params(
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


def _say_params(lines: Sequence[str], head: str) -> None:
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
