"""Command ``events``: machine-coded events, built, glanced at, and compared with the recorded acts."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.events import store as event_store
from retorsion.events.engines import engine as engine_of
from retorsion.events.findings import event_findings
from retorsion.events.source import Source, described
from retorsion.project import EVENTS, ROOT, load, parameters, save_findings
from retorsion.project import case as open_case
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
    described = _described(source)
    cameo, plover = read_scores([])
    folder = EVENTS / source
    made = event_store.build_events(
        described, folder, runs_on, cameo=cameo, plover=plover, say=lambda text: typer.echo(text, err=True)
    )
    frame = event_store.build_series(folder, "day", adds_up)
    conform(frame, "event_series").write_parquet(folder / "event_series.parquet")
    show_quarantine(event_store.read_quarantine(folder), folder)
    unknown = event_store.unknown_states(folder)
    for name, n in unknown.head(20).iter_rows():
        typer.echo(f"unknown state: {name!r}, {n} times", err=True)
    if len(unknown) > 20:
        typer.echo(f"unknown states: and {len(unknown) - 20} more", err=True)
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
    found = event_store.glance(_described(source), period, cameo=cameo, plover=plover)
    typer.echo(found.series.write_csv(), nl=False)
    n_events = int(found.series["n_events"].sum())
    n_others = found.n_lines - n_events - found.n_doubtful
    typer.echo(
        f"{source}: {found.n_lines} rows in; {n_events} between two states, {n_others} of other actors, "
        f"{found.n_doubtful} doubtful, which `events build` would judge one by one",
        err=True,
    )


@app.command()
def compare(
    case: Annotated[str | None, typer.Argument(help="Name of a file of data/cases.")] = None,
) -> None:
    """Set machine-coded events beside the recorded acts, of the source that events_compared names."""
    params, asked = parameters(), open_case(case)
    if params.events_compared is None:
        raise RetorsionError("params.yaml has no section events_compared. Add it: docs/events.md says how")
    folder = EVENTS / params.events_compared.source
    covered = event_store.read_coverage(folder)["covered_date"]
    found, frames = event_findings(
        load("acts"),
        pl.read_parquet(folder / "event_series.parquet"),
        covered,
        pair=asked.pair,
        start=asked.window.start,
        end=asked.window.end,
        options={
            **params.events_compared.model_dump(exclude={"source"}),
            "level": params.level,
            "n_bootstrap": params.n_bootstrap,
            "seed": params.seed,
            "recorded": [span.model_dump() for span in asked.escalation.recorded],
        },
    )
    save_findings(asked.name, "events", {}, frames, summary=found, tables=["acts"])


def _described(source: str) -> Source:
    known = parameters().events
    if source not in known:
        raise RetorsionError(
            f"params.yaml has no source of events {source!r}.{did_you_mean(source, known)} "
            f"It has: {', '.join(known) or 'none'}. docs/events.md says how to add one"
        )
    return described(source, known[source].model_dump(), ROOT)
