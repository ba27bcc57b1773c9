"""Command ``events``: machine-coded events, built, glanced at, and compared with the recorded acts."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from retorsion.events import store as event_store
from retorsion.events.engines import engine as engine_of
from retorsion.events.findings import event_findings
from retorsion.project import EVENTS, ROOT, day, load, params, write_finding, write_rows
from retorsion.steps.new_source import name_values
from retorsion.steps.raw import show_quarantine
from retorsion.steps.scores import read_scores
from retorsion.tables.fields import conform

app = typer.Typer(
    no_args_is_help=True, help="Machine-coded events (GDELT, ICEWS, POLECAT): see docs/events.md."
)


@app.command()
def build(
    source: Annotated[str, typer.Argument(help="Name in the section events of params.yaml.")],
    engine: Annotated[
        str | None,
        typer.Option(help="polars, duckdb or spark. If none is named, polars reads and DuckDB adds up."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE for the engine, such as master=spark://host:7077.")
    ] = None,
) -> None:
    """Build the events of one source, and their series by day. See docs/events.md."""
    adds_up = engine_of(engine or "duckdb", options=name_values(option or []))
    runs_on = adds_up if engine else engine_of("polars")
    described = event_store.described(source, params("events", source), ROOT)
    cameo, plover = read_scores([])
    folder = EVENTS / source
    made = event_store.build_events(
        described, folder, runs_on, cameo=cameo, plover=plover, say=lambda text: typer.echo(text, err=True)
    )
    frame = event_store.build_series(folder, "day", adds_up)
    conform(frame, "event_series").write_parquet(folder / "event_series.parquet")
    show_quarantine(event_store.read_quarantine(folder), folder)
    typer.echo(
        f"{source}: {made['n_lines']} rows in; {made['n_events']} events between two states, "
        f"{made['n_duplicates']} of them again, {made['n_left_out']} of other actors left out, "
        f"{made['n_quarantined']} quarantined"
    )


@app.command()
def glance(
    source: Annotated[str, typer.Argument(help="Name in the section events of params.yaml.")],
    period: Annotated[str, typer.Option(help="day, week, month or quarter.")] = "month",
) -> None:
    """Write the series of an event source as CSV at once, from its text, without keeping its events."""
    cameo, plover = read_scores([])
    described = event_store.described(source, params("events", source), ROOT)
    found = event_store.glance(described, period, cameo=cameo, plover=plover)
    typer.echo(found.series.write_csv(), nl=False)
    n_events = int(found.series["n_events"].sum())
    n_others = found.n_lines - n_events - found.n_doubtful
    typer.echo(
        f"{source}: {found.n_lines} rows in; {n_events} between two states, {n_others} of other actors, "
        f"{found.n_doubtful} doubtful, which `events build` would judge one by one",
        err=True,
    )


@app.command()
def compare() -> None:
    """Set machine-coded events beside the recorded acts, of the source that escalation_events names."""
    options = params("escalation_events")
    folder = EVENTS / options["source"]
    covered = event_store.read_coverage(folder)["covered_date"]
    found, frames = event_findings(
        load("acts"),
        pl.read_parquet(folder / "event_series.parquet"),
        covered,
        pair=(params("pair", "a"), params("pair", "b")),
        start=day(params("window", "start")),
        end=day(params("window", "end")),
        options={**options, "recorded": params("escalation", "recorded")},
    )
    for name, frame in frames.items():
        write_rows(name, frame)
    write_finding("events", found, tables=["acts"])
