"""Command ``add``: a source of one's own from a file, ``retorsion add list|flows|measures|events|other``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from retorsion import project
from retorsion.errors import RetorsionError, did_you_mean
from retorsion.events.events import codings
from retorsion.files import write_whole
from retorsion.params import check_params
from retorsion.sources.readers import Reader
from retorsion.sources.rows import Rows
from retorsion.sources.states import known_codes
from retorsion.steps.entries import SECTIONS, empty_side_table, is_published_list, new_events
from retorsion.steps.new_source import NewSource, Provenance, add_source, look_at
from retorsion.tables.builders import build_flows, check_options
from retorsion.tables.lists import by_programme

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Add a source of your own from a file: recognise its format, show what is in it, write its folder.",
)

File = Annotated[
    Path, typer.Argument(help="The file, or folder of an edition, as its producer publishes it.")
]
SourceId = Annotated[str, typer.Option("--as", help="Id of the source: the name of its folder in data/raw.")]
ReaderName = Annotated[
    str | None, typer.Option("--reader", help="Reader of the file, where its format is not recognised.")
]
Day = Annotated[str | None, typer.Option("--date", help="Day of the vintage, YYYY-MM-DD.")]
Option = Annotated[
    list[str] | None, typer.Option(help="A parameter of the source, name=value; may be given again.")
]
Title = Annotated[str | None, typer.Option(help="Title of the source.")]
Producer = Annotated[str | None, typer.Option(help="Who publishes it.")]
Licence = Annotated[str | None, typer.Option(help="Name of its licence.")]
Url = Annotated[str | None, typer.Option(help="The producer's page.")]
UrlDownload = Annotated[
    str | None, typer.Option(help="Where the file comes from: it is then fetched, and not kept in Git.")
]
Like = Annotated[
    str | None, typer.Option(help="Entry of data/catalogue that the file is a vintage of; fills in the rest.")
]
WriteParams = Annotated[
    bool, typer.Option("--params", help="Write params.yaml too, not only show what to add.")
]


@app.command("list")
def add_list(
    file: File,
    source: SourceId,
    sender: Annotated[str | None, typer.Option(help="The state whose list it is, such as USA.")] = None,
    instrument: Annotated[
        str | None, typer.Option(help="What being listed means, such as asset_freeze or entry_ban.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="The state that its programmes are against.")] = None,
    programme: Annotated[
        list[str] | None, typer.Option(help="A programme against the target; may be given again.")
    ] = None,
    reader_name: ReaderName = None,
    day: Day = None,
    option: Option = None,
    title: Title = None,
    producer: Producer = None,
    licence: Licence = None,
    url: Url = None,
    url_download: UrlDownload = None,
    like: Like = None,
    write_params: WriteParams = False,
) -> None:
    """Add an official list of designated persons, bodies, vessels or aircraft."""
    sender, target = _state("--sender", sender), _state("--target", target)
    new = look_at(file, source, "list", reader_name=reader_name, day=day, option=option or [])
    if not is_published_list(new.reading) and (target or programme):
        raise RetorsionError(
            f"--{'target' if target else 'programme'}: {new.reading.what} states the target of each entry. "
            "Leave it out"
        )
    options = _list_options(new, sender, instrument)
    _check_options(new.reading, options)
    side = _programmes(new, target, programme or []) if is_published_list(new.reading) else None
    stated = Provenance(title, producer, licence, url, url_download, like)
    add_source(new, stated, options=options, side=side, write_params=write_params)
    if side is not None:
        typer.echo("Nothing in a first vintage is news: only subjects that later vintages add become acts.")


@app.command("flows")
def add_flows(
    file: File,
    source: SourceId,
    reader_name: ReaderName = None,
    day: Day = None,
    option: Option = None,
    title: Title = None,
    producer: Producer = None,
    licence: Licence = None,
    url: Url = None,
    url_download: UrlDownload = None,
    like: Like = None,
    write_params: WriteParams = False,
) -> None:
    """Add a file of trade statistics."""
    new = look_at(file, source, "flows", reader_name=reader_name, day=day, option=option or [])
    _check_options(new.reading, new.given)
    _check_flows(new, new.given)
    stated = Provenance(title, producer, licence, url, url_download, like)
    add_source(new, stated, options=new.given, side=None, write_params=write_params)


@app.command("measures")
def add_measures(
    file: File,
    source: SourceId,
    reader_name: ReaderName = None,
    day: Day = None,
    option: Option = None,
    title: Title = None,
    producer: Producer = None,
    licence: Licence = None,
    url: Url = None,
    url_download: UrlDownload = None,
    like: Like = None,
    write_params: WriteParams = False,
) -> None:
    """Add a database of trade measures."""
    new = look_at(file, source, "measures", reader_name=reader_name, day=day, option=option or [])
    options = {"with_inferred": False, "others": "leave_out", **new.given}
    _check_options(new.reading, options)
    _show_interventions(new.rows)
    stated = Provenance(title, producer, licence, url, url_download, like)
    add_source(new, stated, options=options, side=empty_side_table(new.reading), write_params=write_params)


@app.command("events")
def add_events(
    file: File,
    source: SourceId,
    pair: Annotated[
        list[str] | None, typer.Option(help="Two states whose events are kept, JPN,RUS; may be given again.")
    ] = None,
    reader_name: ReaderName = None,
    write_params: WriteParams = False,
) -> None:
    """Add a file of machine-coded events. It stays where it is: such files are too large to be copied."""
    pairs = [_pair(one) for one in pair or []]
    if not pairs:
        raise RetorsionError("events need --pair: the two states whose events are kept, such as JPN,RUS")
    new = look_at(file, source, "events", reader_name=reader_name, day=None, option=[])
    if new.reading.name not in codings():
        raise RetorsionError(
            f"{file.name} is read by {new.reading.name}, and can be looked at and read in Python. Only events of "
            f"{', '.join(codings())} are built"
        )
    place = file.resolve()
    if place.is_relative_to(Path.home()):
        place = Path("~") / place.relative_to(Path.home())
    entry = {"reader": new.reading.name, "files": str(place), "pairs": pairs}
    typer.echo("With a pattern such as *.zip in place of the file's name, all files like it are read.")
    text, lines = new_events(source, entry)
    check_params(text, project.RAW)
    if write_params:
        write_whole(project.PARAMS, text.encode())
        typer.echo("Written: params.yaml.")
    else:
        typer.echo("In params.yaml (--params writes it):")
        typer.echo("\n".join(lines))
    typer.echo(f"Build: retorsion events build {source}. See docs/events.md.")


@app.command("other")
def add_other(
    file: File,
    source: SourceId,
    reader_name: ReaderName = None,
    day: Day = None,
    option: Option = None,
    title: Title = None,
    producer: Producer = None,
    licence: Licence = None,
    url: Url = None,
    url_download: UrlDownload = None,
    like: Like = None,
    write_params: WriteParams = False,
) -> None:
    """Add a file of another kind: exchange rates, cases of sanctions, scores, recorded figures."""
    new = look_at(file, source, "other", reader_name=reader_name, day=day, option=option or [])
    _check_options(new.reading, new.given)
    stated = Provenance(title, producer, licence, url, url_download, like)
    add_source(new, stated, options=new.given, side=None, write_params=write_params)


def _state(option: str, code: str | None) -> str | None:
    if code is not None and code not in known_codes():
        raise RetorsionError(
            f"{option} {code!r} is not a known state.{did_you_mean(code, known_codes())} "
            "Use an ISO 3166-1 alpha-3 code, such as USA"
        )
    return code


def _pair(text: str) -> list[str]:
    states = [state.strip() for state in text.split(",")]
    if len(states) != 2 or states[0] == states[1]:
        raise RetorsionError(f"--pair {text!r}: write two different states, such as JPN,RUS")
    for state in states:
        _state("--pair", state)
    return states


def _check_options(reading: Reader, options: Mapping[str, Any]) -> None:
    """Raise RetorsionError unless a build takes the parameters that are to be written of a source."""
    section = SECTIONS.get(reading.kind)
    if section is not None:
        check_options(section, reading.name, options, "--option")
    elif unknown := [name for name in options if name not in reading.options]:
        known = reading.options
        raise RetorsionError(
            f"--option: has no option {unknown[0]!r}.{did_you_mean(unknown[0], known)} "
            f"It takes: {', '.join(known) or 'none'}"
        )


def _list_options(new: NewSource, sender: str | None, instrument: str | None) -> dict[str, Any]:
    """Parameters of a list; what the user gives as ``--option`` has the last word."""
    if sender is None:
        raise RetorsionError("a list needs --sender: the code of the state whose list it is, such as USA")
    if instrument is None:
        raise RetorsionError("a list needs --instrument: what being listed means, such as asset_freeze")
    options: dict[str, Any] = {"sender_code": sender, "instrument_type": instrument}
    if not is_published_list(new.reading):
        return {**options, **new.given}
    options |= {"others": "leave_out", **new.given}
    n_open = new.reading.subjects(new.rows.accepted)["subject_type"].null_count()
    if n_open and "undetermined_type" not in options:
        typer.echo(
            f"The list does not say of what kind {n_open} subjects are: they count as entities "
            "(undetermined_type)."
        )
        options["undetermined_type"] = "entity"
    return options


def _programmes(new: NewSource, target: str | None, chosen: Sequence[str]) -> pl.DataFrame:
    """The table of programmes and the states they are against, as far as the user says it."""
    subjects = by_programme(new.reading.subjects(new.rows.accepted))
    found = subjects["programme"].drop_nulls().value_counts(sort=True)
    unknown = [name for name in chosen if name not in set(found["programme"])]
    if unknown:
        raise RetorsionError(
            f"--programme {unknown[0]!r} is not in the file.{did_you_mean(unknown[0], found['programme'])} "
            f"Its programmes: {', '.join(sorted(found['programme']))}"
        )
    if chosen and target is None:
        raise RetorsionError("--programme: needs --target, the state that the programme is against")
    # That a list has one programme says only which one is meant; of several, the user has to name them.
    named = list(chosen) or (found["programme"].to_list() if target and len(found) == 1 else [])
    if not named:
        typer.echo("Programmes of the list, with their subjects (say which states they are against):")
        for name, n in found.iter_rows():
            typer.echo(f"  {n:>7,}  {name}")
    if target and not named:
        raise RetorsionError(
            f"--target {target}: which of the {len(found)} programmes above are against it? "
            "Name each: --programme NAME. Nothing is written"
        )
    return pl.DataFrame(
        {"programme": named, "target_code": [target] * len(named), "addressee_code": [None] * len(named)},
        schema=dict.fromkeys(("programme", "target_code", "addressee_code"), pl.String),
    )


def _check_flows(new: NewSource, options: Mapping[str, Any]) -> None:
    """Say how many flows the parameters make of a file; raise RetorsionError if they make none."""
    flows = build_flows(new.reading.name, [new.rows.accepted], source_id=new.id, options=options)
    if flows.is_empty() and len(new.rows.accepted):
        shown = ", ".join(f"{name}={value}" for name, value in options.items()) or "no parameter given"
        raise RetorsionError(
            f"{new.file.name}: none of its {len(new.rows.accepted)} rows would enter trade_flows with "
            f"{shown}. Give others with --option"
        )
    typer.echo(f"It makes {len(flows):,} rows of trade_flows.")


def _show_interventions(rows: Rows) -> None:
    n_green = len(rows.accepted.filter(pl.col("evaluation") == "Green"))
    typer.echo(f"{n_green} liberalising interventions (Green) are left out of the tables.")
    typer.echo("Types of intervention (say in instruments.csv which instrument each is):")
    for name, n in rows.accepted["intervention_type"].value_counts(sort=True).iter_rows():
        typer.echo(f"  {n:>7,}  {name}")
