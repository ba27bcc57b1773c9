"""The thin shell: reads files, calls pure functions, writes files. ``dvc.yaml`` calls these commands."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import polars as pl
import typer

from retorsion.errors import RetorsionError, did_you_mean
from retorsion.project import (
    EVENTS,
    FINDINGS,
    NOTEBOOKS,
    RAW,
    REPORTS,
    ROOT,
    SUMMARIES,
    TABLES,
    params,
    summaries,
)
from retorsion.sources.rows import QUARANTINE_SCHEMA, Rows
from retorsion.steps import intake

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__)
build = typer.Typer(no_args_is_help=True, help="Build tables from raw sources.")
app.add_typer(build, name="build")

app.command()(intake.refresh)
app.command()(intake.add)


@app.command()
def fetch(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """Download the pinned artifact of a source, unless the file at hand already is it."""
    from retorsion.sources.sidecar import load_sidecar
    from retorsion.sources.transfer.fetch import fetch as fetch_source

    fetch_source(load_sidecar(RAW / source / "source.yaml"), RAW / source / "files")


@app.command()
def pin(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """After editing a recorded source: write the new hashes and sizes of its files into its sidecar."""
    from retorsion.sources.sidecar import load_sidecar, pinned

    path = RAW / source / "source.yaml"
    sidecar = load_sidecar(path)
    if sidecar.kind != "recorded":
        raise RetorsionError(
            f"{source} is fetched: its hash comes from its producer, not from the file at hand"
        )
    path.write_bytes(pinned(path.read_text(encoding="utf-8"), sidecar, RAW / source).encode())


@app.command()
def render(notebook: Annotated[str, typer.Argument(help="Name in notebooks/, without .py.")]) -> None:
    """Run a notebook and write its page and its figures."""
    from retorsion.reports.notebook import render_notebook
    from retorsion.reports.pages.front import SITE, provenance

    known = sorted(path.stem for path in NOTEBOOKS.glob("*.py"))
    if notebook not in known:
        raise RetorsionError(
            f"there is no notebook {notebook!r}.{did_you_mean(notebook, known)} "
            f"Give a name of notebooks/ without .py: {', '.join(known)}"
        )
    figures: dict[str, str] = {}
    html = render_notebook(
        NOTEBOOKS / f"{notebook}.py",
        root=ROOT,
        site=SITE,
        provenance=provenance(_inputs(), _page_parameters(), f"python -m retorsion render {notebook}"),
        figures=figures,
    )
    write_text(REPORTS / f"{notebook}.html", html)
    folder = REPORTS / "figures" / notebook
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)  # also for a notebook without figures: the pipeline expects it
    for address, svg in figures.items():
        write_text(REPORTS / address, svg)


@app.command()
def site() -> None:
    """Write the pages around the notebooks: front page, acts, tables, dictionary, sources, methods."""
    from retorsion.steps.publish import write_site

    write_site(_inputs(), _page_parameters())


@build.command()
def record() -> None:
    """Build the tables of acts: sanctions, trade measures, diplomatic actions, and the spine of all."""
    from retorsion.sources.formats import ledger as source
    from retorsion.sources.formats.baci import read_products
    from retorsion.tables import acts, diplomatic_actions, ledger, sanctions, scores, trade_measures
    from retorsion.tables.fields import conform

    name = params("sources", "ledger")
    folder = RAW / name
    read = {part: getattr(source, f"read_{part}")(folder / f"{part}.csv") for part in source.PARTS}
    rows = {part: result.accepted for part, result in read.items()}
    quarantine = [result.rejected for result in read.values()]
    try:
        source.check_references(**rows)
    except RetorsionError:
        say_quarantined(pl.concat(quarantine))  # the row that is missed may be among them
        raise

    cameo, plover = _scores(quarantine)
    listed = [
        _listed(source_id, options, rows["acts"], quarantine)
        for source_id, options in (params("sources", "lists") or {}).items()
    ]
    designated = sanctions.sanctions(*listed, sanctions.from_ledger(rows["acts"], source_id=name))
    own = trade_measures.trade_measures(rows["acts"], source_id=name)
    published = [
        _interventions(source_id, options, rows["act_types"], quarantine)
        for source_id, options in (params("sources", "measures") or {}).items()
    ]
    measures = conform(pl.concat([own, *(made for made, _ in published)]), "trade_measures")
    nomenclature = params("sources", "nomenclature")
    goods = read_products(_data_file(nomenclature["source"]))
    source.check_products(rows["products"], goods, revision=nomenclature["revision"])
    stated = trade_measures.trade_measure_products(
        own, rows["products"], goods, nomenclature_revision=nomenclature["revision"]
    )
    products = conform(pl.concat([stated, *(goods for _, goods in published)]), "trade_measure_products")
    spine = acts.acts(
        rows["acts"],
        rows["replies"],
        rows["act_types"],
        designated,
        cameo,
        scores.plover_scores(plover),
        source_id=name,
        measures=measures,
    )
    save("acts", spine)
    save("sanctions", designated)
    save("trade_measures", measures)
    save("trade_measure_products", products)
    save(
        "diplomatic_actions",
        diplomatic_actions.diplomatic_actions(rows["acts"], rows["act_types"], source_id=name),
    )
    save("replies", ledger.replies(rows["replies"], rows["acts"]))
    save("context_events", ledger.context_events(rows["acts"], source_id=name))
    save("published_totals", ledger.published_totals(rows["totals"], source_id=name))
    save_quarantine("record", quarantine)


@build.command()
def flows(source: Annotated[str, typer.Argument(help="Folder of the source in data/raw.")]) -> None:
    """Build the part of trade_flows that comes from one source."""
    from retorsion.tables.builders import build_flows

    name, options = _reader_of(source), dict(params("sources", "flows", source) or {})
    read = _read_files(source, options)
    frame = build_flows(name, [rows.accepted for rows in read], source_id=source, options=options)
    for note in dict.fromkeys(note for rows in read for note in rows.notes):
        typer.echo(f"{source}: {note}", err=True)
    save("trade_flows", frame, part=source)
    save_quarantine(source, [rows.rejected for rows in read])


@build.command()
def rates() -> None:
    """Build exchange_rates from the reference rates of a central bank."""
    from retorsion.sources.formats.ecb import read_reference_rates
    from retorsion.tables.exchange_rates import exchange_rates

    source = params("sources", "rates")
    rows = read_reference_rates(_data_file(source), source_id=source)
    save("exchange_rates", exchange_rates(rows.accepted))
    save_quarantine(source, [rows.rejected])


@build.command()
def sources() -> None:
    """Build the table of sources from their sidecars, and verify every file against its recorded hash."""
    from retorsion.sources.sidecar import load_sidecars, verify
    from retorsion.tables.sources import sources as sources_table

    sidecars = load_sidecars(RAW)
    for sidecar in sidecars:
        verify(sidecar, RAW / sidecar.id)
    save("sources", sources_table(sidecars))


@build.command()
def events(
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
    from retorsion.events import store as event_store
    from retorsion.events.engines import engine as engine_of
    from retorsion.tables.fields import conform

    adds_up = engine_of(engine or "duckdb", options=intake.name_values(option or []))
    runs_on = adds_up if engine else engine_of("polars")
    described = event_store.described(source, params("events", source), ROOT)
    cameo, plover = _scores([])
    folder = EVENTS / source
    made = event_store.build_events(
        described, folder, runs_on, cameo=cameo, plover=plover, say=lambda text: typer.echo(text, err=True)
    )
    frame = event_store.build_series(folder, "day", adds_up)
    conform(frame, "event_series").write_parquet(folder / "event_series.parquet")
    say_quarantined(event_store.read_quarantine(folder), folder)
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
    from retorsion.events import store as event_store

    cameo, plover = _scores([])
    described = event_store.described(source, params("events", source), ROOT)
    found = event_store.glance(described, period, cameo=cameo, plover=plover)
    typer.echo(found.series.write_csv(), nl=False)
    n_events = int(found.series["n_events"].sum())
    n_others = found.n_lines - n_events - found.n_doubtful
    typer.echo(
        f"{source}: {found.n_lines} rows in; {n_events} between two states, {n_others} of other actors, "
        f"{found.n_doubtful} doubtful, which `build events` would judge one by one",
        err=True,
    )


@app.command()
def find(name: Annotated[str, typer.Argument(help="checks, escalation, impact or events.")]) -> None:
    """Compute findings from tables."""
    writers = {
        "checks": _find_checks,
        "escalation": _find_escalation,
        "impact": _find_impact,
        "events": _find_events,
    }
    if name not in writers:
        raise RetorsionError(f"there are no findings {name!r}. Choose one of {', '.join(sorted(writers))}")
    writers[name]()


def _find_checks() -> None:
    from retorsion.checks import designations as checks
    from retorsion.checks import figures as reconcile
    from retorsion.checks import rounds
    from retorsion.findings import NOT_ESTIMABLE, statement_frame
    from retorsion.project import day, load
    from retorsion.sources.formats import ledger
    from retorsion.sources.sidecar import load_sidecar, read_corrections
    from retorsion.sources.text.recorded import read_complete
    from retorsion.sources.text.strict_csv import read_strict_csv

    folder = RAW / params("sources", "ledger")
    read = {part: getattr(ledger, f"read_{part}")(folder / f"{part}.csv").accepted for part in ledger.PARTS}
    designated, quarantined = load("sanctions"), load("quarantine")

    options = params("checks")
    found: dict[str, Any] = {
        "as_of": [
            checks.as_of_check(
                designated,
                load("published_totals"),
                total_id=item["total_id"],
                day=day(item["day"]),
                sender_code=item["sender_code"],
                programmes=item["programmes"],
            )
            for item in options.get("as_of") or []
        ],
        "counts": {NOT_ESTIMABLE: "No published counts of designations are recorded to set against a list."},
        "figures": {NOT_ESTIMABLE: "No published trade figures are recorded to set against the tables."},
    }
    counts, figures = (statement_frame(found[part]) for part in ("counts", "figures"))
    inputs = ["sanctions", "published_totals", "exchange_rates"]
    if own := options.get("counts"):
        page = urlsplit(str(load_sidecar(RAW / own["list"] / "source.yaml").url)).hostname or ""
        counts = rounds.published_counts(
            read["acts"], read["disagreements"], read["totals"], designated, list_host=page
        )
        found["counts"] = checks.counts_summary(counts)
    if own := options.get("figures"):
        source = own["source"]
        figures = reconcile.reconcile(
            read_complete(_data_file(source), "headline_figures", source_id=source),
            load("trade_flows").filter(pl.col("source_id") == own["flows"]),
            reporter_code=own["reporter"],
            partner_code=own["partner"],
            currency=own["currency"],
            concordance=read_strict_csv(RAW / source / "concordance.csv", reconcile.CONCORDANCE_COLUMNS),
            fiscal_year_start_month=own["fiscal_year_start_month"],
            exchange_rates=load("exchange_rates"),
            corrections=read_corrections(RAW / source / "corrections.yaml"),
        )
        found["figures"] = reconcile.summarise_reconciliation(figures)
        inputs.append(f"trade_flows.{own['flows']}")
    write_rows("published_counts", counts)
    write_rows("published_figures", figures)
    write_finding(
        "checks",
        {
            **found,
            "quarantined": checks.quarantine_summary(quarantined),
            "tables": {name: summary["n_rows"] for name, summary in summaries().items()},
        },
        tables=inputs,
    )


def _find_escalation() -> None:
    from retorsion.escalation.findings import escalation_findings
    from retorsion.project import day, load

    found, frames = escalation_findings(
        load("acts"),
        load("replies"),
        load("context_events"),
        pair=(params("pair", "a"), params("pair", "b")),
        start=day(params("window", "start")),
        end=day(params("window", "end")),
        options=params("escalation"),
    )
    for name, frame in frames.items():
        write_rows(f"escalation_{name}", frame)
    write_finding("escalation", found, tables=["acts", "replies", "context_events"])


def _find_events() -> None:
    """Machine-coded events beside recorded acts, of the source that ``escalation_events`` names."""
    from retorsion.events import store as event_store
    from retorsion.events.findings import event_findings
    from retorsion.project import day, load

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


def _find_impact() -> None:
    from retorsion.impact import findings, findings_goods, findings_gravity, findings_monthly, findings_pairs
    from retorsion.project import load
    from retorsion.sources.states import state_name
    from retorsion.sources.text.recorded import read_complete

    options = params("impact")
    reporter, target = options["reporter"], options["target"]
    flows, measures, rates = load("trade_flows"), load("trade_measures"), load("exchange_rates")
    sources = {part: (options.get(part) or {}).get("source") for part in ("monthly", "pairwise")}
    monthly, pairwise = (
        flows.filter(pl.col("source_id").eq_missing(pl.lit(name))) for name in sources.values()
    )
    names = options["pairwise"].get("names", {})
    coalition = read_complete(
        RAW / options["coalition"] / "coalition.csv", "coalition", source_id=options["coalition"]
    )
    sides = {"reporter_code": reporter, "target_code": target}
    to_target = {"target_code": target}
    own = findings_pairs.own_record(pairwise, monthly, rates, **sides, options=options.get("mirror"))
    every: dict[str, Callable[[Any], findings.Found]] = {
        "monthly": lambda o: findings_monthly.find_monthly(monthly, measures, rates, **sides, options=o),
        "export_goods": lambda o: findings_goods.find_export_goods(monthly, measures, **sides, options=o),
        "import_goods": lambda o: findings_goods.find_import_goods(
            pairwise, measures, **sides, options=o, names=names
        ),
        "mirror": lambda o: findings_pairs.find_mirror(pairwise, monthly, rates, **sides, options=o),
        "price_volume": lambda o: findings_pairs.find_price_volume(
            pairwise, **sides, options=o, names=names, own=own
        ),
        "diversion": lambda o: findings_pairs.find_diversion(
            pairwise, coalition, **to_target, options=o, names=names, own=own
        ),
        "replacement": lambda o: findings_pairs.find_replacement(pairwise, **sides, options=o, own=own),
        "gravity": lambda o: findings_gravity.find_gravity(
            pairwise, coalition, **to_target, options=o, names=names
        ),
    }
    found = findings.combined(
        {
            part: findings.or_left_out(
                part,
                partial(find, options.get(part)),
                is_asked=bool(options.get(part)),
                reporter=state_name(reporter),
            )
            for part, find in every.items()
        }
    )
    for name, rows in found.rows.items():
        write_rows(f"impact_{name}", rows)
    write_finding(
        "impact",
        found.values,
        tables=[
            *(f"trade_flows.{source}" for source in sources.values() if source),
            "trade_measures",
            "exchange_rates",
        ],
    )


def save(table: str, frame: pl.DataFrame, *, part: str | None = None) -> None:
    """Write a table, or one source's part of it, and its summary."""
    from retorsion.tables.summary import summarise

    path = TABLES / f"{table}.parquet" if part is None else TABLES / table / f"{part}.parquet"
    _write_parquet(path, frame)
    name = table if part is None else f"{table}.{part}"
    write_json(SUMMARIES / f"{name}.json", summarise(frame, table))


def _write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a new file: one that is there may be a link into the cache, whose content must stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    frame.write_parquet(path)


def save_quarantine(stage: str, rejected: list[pl.DataFrame]) -> None:
    """Write the rows a stage could not accept, and say which on the terminal."""
    from retorsion.tables.fields import conform

    frame = conform(pl.concat([QUARANTINE_SCHEMA.to_frame(), *rejected]), "quarantine")
    _write_parquet(TABLES / "quarantine" / f"{stage}.parquet", frame)
    say_quarantined(frame)


def say_quarantined(rejected: pl.DataFrame, where: Path = TABLES / "quarantine") -> None:
    """Say on the terminal which rows could not be accepted, and why."""
    from retorsion.sources.rows import messages

    for message in messages(rejected.head(20)):
        typer.echo(f"quarantined: {message}", err=True)
    if len(rejected) > 20:
        place = where.relative_to(ROOT).as_posix()
        typer.echo(f"quarantined: and {len(rejected) - 20} rows more, see {place}", err=True)


def write_finding(name: str, value: Mapping[str, Any], *, tables: Sequence[str]) -> None:
    """Write a finding, its floats rounded, with the hashes of the tables it was computed from."""
    from retorsion.findings import rounded

    known = summaries()
    inputs = {table: known[table]["sha256_csv"] for table in tables}
    write_json(FINDINGS / f"{name}.json", {"inputs": inputs, **rounded(value)})


def write_rows(name: str, frame: pl.DataFrame) -> None:
    """Write the rows behind a finding as CSV, floats rounded."""
    from retorsion.findings import rounded_frame

    path = FINDINGS / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rounded_frame(frame).write_csv(path)


def write_text(path: Path, text: str) -> None:
    """Write text with LF line ends on every machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _inputs() -> dict[str, str]:
    """Content hash of every table and finding, by name."""
    tables = {name: str(summary["sha256_csv"]) for name, summary in summaries().items()}
    findings = {
        f"findings/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(FINDINGS.glob("*.json"))
    }
    return tables | findings


def _page_parameters() -> dict[str, Any]:
    return {"pair": params("pair"), "window": params("window")}


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write JSON the same way on every machine: sorted keys, LF, a final newline, no NaN."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    path.write_bytes(f"{text}\n".encode())


def _recorded(source: str, layout: str) -> Rows:
    from retorsion.sources.text.recorded import read_recorded

    return read_recorded(_data_file(source), layout, source_id=source)


def _data_file(source: str) -> Path:
    """The one data file of a source, as its sidecar names it."""
    from retorsion.sources.sidecar import load_sidecar

    return RAW / source / load_sidecar(RAW / source / "source.yaml").files[0].path


def _read_one(source: str, options: dict[str, Any]) -> Rows:
    read = _read_files(source, options)
    if len(read) != 1:
        raise RetorsionError(
            f"{source}: has {len(read)} data files where one vintage is read. Keep the newest"
        )
    return read[0]


def _scores(quarantine: list[pl.DataFrame]) -> tuple[pl.DataFrame, pl.DataFrame]:
    from retorsion.sources.sidecar import read_corrections
    from retorsion.tables.corrections import corrected

    frames = []
    for system in ("cameo", "plover"):
        source = params("sources", "scores", system)
        rows = _recorded(source, f"{system}_scores")
        quarantine.append(rows.rejected)
        path = RAW / source / "corrections.yaml"
        known = read_corrections(path) if path.exists() else []
        frames.append(corrected(rows.accepted, known))
    return frames[0], frames[1]


def _listed(
    source: str, options: Mapping[str, Any], ledger_acts: pl.DataFrame, quarantine: list[pl.DataFrame]
) -> pl.DataFrame:
    from retorsion.sources.sidecar import load_sidecar
    from retorsion.sources.text.recorded import read_complete
    from retorsion.tables.builders import NUMBERED_LIST, build_list

    sidecar = load_sidecar(RAW / source / "source.yaml")
    options = dict(options)
    entries = _read_one(source, options)
    layout = "list_programmes" if sidecar.reader == NUMBERED_LIST else "programmes"
    programmes = read_complete(RAW / source / "programmes.csv", layout, source_id=source)
    quarantine.append(entries.rejected)
    vintage = sidecar.date_published or sidecar.date_accessed
    if vintage is None:
        raise RetorsionError(
            f"{source}: its sidecar states no date_published. A list needs the day of its vintage"
        )
    return build_list(
        sidecar.reader,
        entries.accepted,
        programmes,
        source_id=source,
        options=options,
        vintage_date=vintage,
        source_url=str(sidecar.url),
        observed=intake.read_observed(RAW / source),
        ledger_acts=ledger_acts,
    )


def _interventions(
    source: str, options: Mapping[str, Any], act_types: pl.DataFrame, quarantine: list[pl.DataFrame]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    from retorsion.sources.formats.instruments import instrument_check
    from retorsion.sources.text.recorded import read_complete
    from retorsion.tables.builders import build_measures

    options = dict(options)
    read = _read_one(source, options)
    known = act_types.filter(pl.col("domain_type") == "trade_measure")["act_type"].to_list()
    instruments = read_complete(
        RAW / source / "instruments.csv", "instruments", source_id=source, more=[instrument_check(known)]
    )
    quarantine.append(read.rejected)
    return build_measures(_reader_of(source), read.accepted, instruments, source_id=source, options=options)


def _reader_of(source: str) -> str:
    from retorsion.sources.sidecar import load_sidecar

    return load_sidecar(RAW / source / "source.yaml").reader


def _read_files(source: str, options: dict[str, Any]) -> list[Rows]:
    """Rows of each data file of a source; options that are the reader's are taken out of ``options``."""
    from retorsion.sources.readers import reader
    from retorsion.sources.sidecar import load_sidecar

    path = RAW / source / "source.yaml"
    sidecar = load_sidecar(path)
    reading = reader(sidecar.reader, path)
    own = {name: options.pop(name) for name in reading.options if name in options}
    if "as_of" in reading.options:  # what a file has not published yet depends on the day it was fetched
        own.setdefault("as_of", sidecar.date_accessed or sidecar.date_published)
    return [reading.read(RAW / source / file.path, source_id=source, **own) for file in sidecar.data_files]


def main() -> None:
    """Run a command; what is wrong with the input is said in one line, without a traceback."""
    for stream in (sys.stdout, sys.stderr):  # a name in another script is no reason to stop
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except RetorsionError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        sys.exit(1)
